"""A consumer: takes notices from JetStream, hands them to whoever acts on them, and acknowledges what is done."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError

from caching.clients.jetstream import ACK_SECONDS, Delivery
from caching.exceptions import CacheError
from caching.stream.models import PartState
from caching.stream.notices import Notice
from caching.stream.parts import Report
from caching.stream.problems import StreamProblem
from caching.stream.road import Road

logger = logging.getLogger(__name__)
AT_ONCE = 500
WAIT_SECONDS = 2.0
AGAIN_SECONDS = 0.3
LOOK_SECONDS = 10.0
# Before JetStream would deliver again what is being worked on.
PROLONG_SECONDS = ACK_SECONDS / 3


@dataclass(frozen=True, slots=True)
class Arrived:
    """`notice` is None for what cannot be read."""

    notice: Notice | None
    delivery: Delivery


class Work(Protocol):
    """What is done with notices. `take` returns those that are done with, and says by `cause` why the others are not:
    they come again with what came meanwhile, in order."""

    cause: str
    numbers: dict[str, float]

    def take(self, several: Sequence[Arrived]) -> Sequence[Arrived]: ...


@dataclass
class Consumer:
    """For one thread. `report` is read by others; `stop` ends it within a moment."""

    name: str
    road: Road
    work: Work
    stop: Event = field(default_factory=Event)
    report: Report = field(default_factory=Report)
    _waiting: list[Arrived] = field(default_factory=list)
    _prolonged_at: float = 0.0
    _look_at: float = 0.0
    _kept: int = 0
    _tallied: dict[str, float] = field(default_factory=lambda: {"notices_total": 0.0, "redelivered_total": 0.0})

    def run(self) -> None:
        """Until `stop`: whatever breaks, it goes on where it was."""
        while not self.stop.is_set():
            try:
                self.turn()
            except (CacheError, StreamProblem) as problem:
                self._lose(str(problem))
            except (DatabaseError, InterfaceError) as problem:
                connection.close()
                self._lose(f"The control database does not answer: {problem}")
            except Exception as defect:  # the edge of the thread
                logger.exception("The consumer %s broke", self.name)
                self._lose(f"NovaOps itself failed: {type(defect).__name__}. Its log says more.")
        connection.close()

    def turn(self) -> None:
        """Fetch, act, acknowledge: once."""
        room = AT_ONCE - len(self._waiting)
        wait = AGAIN_SECONDS if self._waiting else WAIT_SECONDS
        fresh = self.road.fetch(self.name, room, wait) if room > 0 else []
        if room <= 0:
            self.stop.wait(AGAIN_SECONDS)
        self._waiting = _in_order(self._waiting, fresh)
        self._tallied["redelivered_total"] += sum(one.tries > 1 for one in fresh)
        if self._waiting:
            self._act()
        elif not fresh:
            self._look()
        state = PartState.STUCK if self._waiting else PartState.WORKING
        self.report = Report(state, self.work.cause if self._waiting else "", {**self.work.numbers, **self._tallied})

    def _look(self) -> None:
        """Nothing came: is nothing there, or does JetStream keep from us what was there a while ago?"""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_SECONDS
        if self.road.overlooks(self.name, self._kept):
            logger.warning("JetStream kept message %d from %s: another server leads it now", self._kept, self.name)
        self._kept = self.road.last_for(self.name)

    def _act(self) -> None:
        done = self.work.take(self._waiting)
        self.road.jetstream.acknowledge([one.delivery for one in done])
        over = {one.delivery.sequence for one in done}
        self._waiting = [one for one in self._waiting if one.delivery.sequence not in over]
        self._tallied["notices_total"] += len(done)
        if self._waiting and time.monotonic() - self._prolonged_at > PROLONG_SECONDS:
            self.road.jetstream.still_working([one.delivery for one in self._waiting])
            self._prolonged_at = time.monotonic()

    def _lose(self, cause: str) -> None:
        """What was taken stays, and is tried again: nothing of it was acknowledged."""
        if self.report.cause != cause:
            logger.warning("%s does not get on: %s", self.name, cause)
        self.report = Report(PartState.STUCK, " ".join(cause.split())[:500], self.report.numbers)
        self.stop.wait(1.0)


def _in_order(waiting: Sequence[Arrived], fresh: Sequence[Delivery]) -> list[Arrived]:
    """By their place in the stream; the newer delivery of what was delivered twice."""
    several = {one.delivery.sequence: one for one in waiting} | {one.sequence: _arrived(one) for one in fresh}
    return [several[sequence] for sequence in sorted(several)]


def _arrived(delivery: Delivery) -> Arrived:
    try:
        return Arrived(Notice.unpack(delivery.data), delivery)
    except ValueError:
        logger.error("Message %d is no notice: %r", delivery.sequence, delivery.data[:200])
        return Arrived(None, delivery)
