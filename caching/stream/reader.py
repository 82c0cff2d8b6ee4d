"""The reader of one shard: what its slot tells goes to JetStream, and is confirmed when it is stored there."""

import logging
import time
from dataclasses import dataclass, field
from functools import partial
from threading import Event

import psycopg2
from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from caching.library.tiers import Tiers
from caching.stream import positions
from caching.stream.beginning import Begun, ready
from caching.stream.echoes import Echoes
from caching.stream.giving_up import give_up_beyond_bound
from caching.stream.models import PartState
from caching.stream.parts import Report
from caching.stream.problems import StreamProblem, told_by
from caching.stream.publishing import Publisher
from caching.stream.road import Road
from novaops.fleets.models import Fleet
from shards.clients.postgres import Session
from shards.dataplane.published import PUBLICATION
from shards.decoding.pgoutput import Unreadable
from shards.decoding.replication import Replication
from shards.decoding.slots import state_of

logger = logging.getLogger(__name__)
AGAIN_SECONDS, AGAIN_MOST_SECONDS = 0.5, 5.0
SESSION_SECONDS = 5.0
IDLE_SECONDS = 0.5
ECHO_SECONDS = 0.05
NEWS_SECONDS, CONFIRM_SECONDS = 0.2, 1.0
LOOK_SECONDS = 3.0


@dataclass
class Reader:
    """For one thread. `report` is read by others; `stop` ends it within a moment."""

    fleet: Fleet
    shard: str
    slot: str
    road: Road
    tiers: Tiers
    stop: Event = field(default_factory=Event)
    report: Report = field(default_factory=Report)
    _anew: str = ""
    _confirmed: int = 0
    _confirmed_notices: int = 0
    _confirmed_at: float = 0.0
    _looked_at: float = 0.0

    def run(self) -> None:
        """Until `stop`: whatever breaks, it begins again where it was."""
        pause = AGAIN_SECONDS
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                with tenant_context(self.fleet):
                    self._read()
            except (StreamProblem, Unreadable) as problem:
                if not self.stop.is_set():
                    self._stuck(str(problem))
            except (DatabaseError, InterfaceError) as problem:
                connection.close()
                self._stuck(f"The control database does not answer: {problem}")
            except Exception as defect:  # the edge of the thread
                logger.exception("The reader of %s broke", self.shard)
                self._stuck(f"NovaOps itself failed: {type(defect).__name__}. Its log says more.")
            pause = AGAIN_SECONDS if time.monotonic() - began > 30 else min(pause * 2, AGAIN_MOST_SECONDS)
            self.stop.wait(pause)
        connection.close()

    def _stuck(self, cause: str) -> None:
        if self.report.cause != cause:
            logger.warning("The change stream of %s does not get on: %s", self.shard, cause)
        self.report = Report(PartState.STUCK, " ".join(cause.split())[:500], self.report.numbers)

    def _read(self) -> None:
        with told_by("JetStream"):
            road = self.road.build()
        with ready(self.shard, self.slot, road, self.tiers, self._anew) as begun:
            self._anew = ""
            try:
                begun.replication.start(self.slot, (PUBLICATION,))
                self._stream(begun, begun.replication)
            except psycopg2.Error as problem:
                # Changes from before the publication was made cannot be read: PostgreSQL looks for it in its past.
                if f'publication "{PUBLICATION}" does not exist' in str(problem):
                    self._anew = "The publication was made anew."
                raise

    def _stream(self, begun: Begun, replication: Replication) -> None:
        confirmed = begun.place.slot.confirmed
        echoes = Echoes(begun.owed)
        publisher = Publisher(self.shard, replication.timeline, self.road, begun.session, begun.leader.replicas, echoes)
        publisher.done = self._confirmed = confirmed
        self._confirmed_notices = 0
        self._looked_at = 0.0
        logger.info("The change stream of %s is read from %s", self.shard, begun.leader.postgres.name)
        while not self.stop.is_set():
            begun.session.deadline = time.monotonic() + SESSION_SECONDS
            data = replication.read()
            if data is not None:
                publisher.feed(data)
                self._alive(begun)
            if data is None or publisher.full:
                self._pass_on(begun, publisher)
            if data is None:
                replication.wait(ECHO_SECONDS if publisher.echoes else IDLE_SECONDS)
        self._confirm(begun, publisher, at_once=True)

    def _pass_on(self, begun: Begun, publisher: Publisher) -> None:
        until, alive = begun.replication.sent_until, partial(self._alive, begun)
        publisher.flush(alive)
        publisher.idle_until(until)
        publisher.echo(alive)
        self._confirm(begun, publisher)
        self._look(begun, publisher)

    def _alive(self, begun: Begun, cause: str = "") -> None:
        """In the middle of something that may take long: PostgreSQL hears of us, and we of `stop`."""
        if cause:
            self._stuck(cause)
        if self.stop.is_set():
            raise StreamProblem("It was told to stop.")
        begun.session.deadline = time.monotonic() + SESSION_SECONDS
        if time.monotonic() - self._confirmed_at > LOOK_SECONDS:
            begun.replication.confirm(self._confirmed)
            self._confirmed_at = time.monotonic()

    def _confirm(self, begun: Begun, publisher: Publisher, at_once: bool = False) -> None:
        """Written down first: a slot that is further than what is written has lost something."""
        since, lsn = time.monotonic() - self._confirmed_at, publisher.confirmable()
        news = publisher.notices != self._confirmed_notices
        if since < (NEWS_SECONDS if news else CONFIRM_SECONDS) and not at_once:
            return
        if lsn > self._confirmed:
            if not positions.confirm(self.shard, begun.place.reader, lsn, publisher.echoes.owed):
                raise StreamProblem("Another process reads this shard by now.")
            self._confirmed, self._confirmed_notices = lsn, publisher.notices
        begun.replication.confirm(self._confirmed)
        self._confirmed_at = time.monotonic()

    def _look(self, begun: Begun, publisher: Publisher) -> None:
        """Every few moments: what the slot holds, and whether everything still is as it was."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        self.report = Report(PartState.WORKING, "", self._numbers(begun.session, publisher))
        give_up_beyond_bound(begun.session, self.shard, self.slot, self.tiers)
        if self.road.build() != begun.place.road:
            raise StreamProblem("The stream in JetStream was made anew.")

    def _numbers(self, session: Session, publisher: Publisher) -> dict[str, float]:
        found, committed, delay = state_of(session, self.slot), publisher.committed_at, publisher.delay_seconds
        publisher.delay_seconds = 0.0  # of what was published since; nothing was late when nothing was there
        return {
            "behind_bytes": float(found.behind_bytes if found else 0),
            "held_bytes": float(found.held_bytes if found else 0),
            "notices_total": float(publisher.notices),
            "transactions_total": float(publisher.transactions),
            "rows_total": float(publisher.rows),
            "echoes": float(len(publisher.echoes)),
            "delay_seconds": delay,
            "committed_at": committed.timestamp() if committed else 0.0,
            "caught_up_at": time.time(),
        }
