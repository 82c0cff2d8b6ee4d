"""A process that takes pieces of work which nobody has, one after the other, each in a thread of its own. When it is
killed, its leases run out, and others take over what it had; when the control database is away, work goes on."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet

logger = logging.getLogger(__name__)
TURN_SECONDS = 1.0
# A lease is prolonged this often, what there is to do is looked up this often, and each fleet attended to.
RENEW_SECONDS = 2.0
LOOK_SECONDS = 5.0
ATTEND_SECONDS = 10.0
END_SECONDS = 6.0


class Worker(Protocol):
    """Runs in a thread until it has come to its end, or `stop` is set."""

    stop: threading.Event

    def run(self) -> None: ...


Who = TypeVar("Who", bound=Worker)


@dataclass(frozen=True, slots=True)
class Hired(Generic[Who]):
    """`close` is called when the worker's thread has ended."""

    worker: Who
    close: Callable[[], None] = lambda: None


class Work(Protocol[Who]):
    """One sort of work. All but `hire`, which names the fleet, is called inside a fleet."""

    def wanted(self) -> Mapping[Any, object]:
        """What there is to do: pieces by their keys, each with what its worker rests on. When that changes, or the
        piece goes, it ends."""

    def claim(self, keys: Collection[Any], holder: str) -> Any | None:
        """One of them that nobody has, taken."""

    def renew(self, key: Any, holder: str, worker: Who) -> bool:
        """False when it is another's."""

    def leave(self, key: Any, holder: str) -> None:
        """It is free for others."""

    def hire(self, fleet: Fleet, key: Any, holder: str) -> Hired[Who]:
        """A worker that is ready to run; inside the fleet too."""

    def attend(self, mine: Mapping[Any, Who]) -> None:
        """What is done now and then by each process; `mine` is what it has in this fleet."""


@dataclass(slots=True)
class Running(Generic[Who]):
    fleet: Fleet
    hired: Hired[Who]
    thread: threading.Thread
    rests_on: object
    renew_at: float = 0.0


@dataclass
class Process(Generic[Who]):
    work: Work[Who]
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    running: dict[tuple[str, Any], Running[Who]] = field(default_factory=dict)
    fleets: dict[Fleet, Mapping[Any, object]] = field(default_factory=dict)
    _look_at: float = 0.0
    _away: bool = False
    _attend_at: dict[str, float] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        logger.info("%s works from now on", self.name)
        while not stop.wait(TURN_SECONDS):
            try:
                self.turn()
                self._database_is_away(False)
            except (DatabaseError, InterfaceError) as problem:
                self._database_is_away(True, str(problem))
                connection.close()
        self.end()

    def turn(self) -> None:
        self._look()
        for key, one in list(self.running.items()):
            with tenant_context(one.fleet):
                self._renew(key, one)
        for fleet, several in self.fleets.items():
            with tenant_context(fleet):
                self._claim(fleet, several)
                self._attend(fleet)

    def end(self) -> None:
        """Everything stops within a moment, and is free for others at once."""
        for one in self.running.values():
            one.hired.worker.stop.set()
        deadline = time.monotonic() + END_SECONDS
        for (_, key), one in self.running.items():
            one.thread.join(max(0.1, deadline - time.monotonic()))
            if not one.thread.is_alive():
                one.hired.close()
            try:
                with tenant_context(one.fleet):
                    self.work.leave(key, self.name)
            except (DatabaseError, InterfaceError):
                connection.close()

    def _look(self) -> None:
        """Finds what there is to do; what rests on something else than it should, or is done for nothing, stops."""
        if time.monotonic() < self._look_at:
            return
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        self.fleets = {fleet: self._wanted_of(fleet) for fleet in Fleet.objects.all()}
        self._look_at = time.monotonic() + LOOK_SECONDS
        for (_, key), one in self.running.items():
            stop, several = one.hired.worker.stop, self.fleets.get(one.fleet, {})
            if (key not in several or several[key] != one.rests_on) and not stop.is_set():
                logger.info("%s ends: it is not wanted any more, or in another way", key)
                stop.set()

    def _wanted_of(self, fleet: Fleet) -> Mapping[Any, object]:
        with tenant_context(fleet):
            return self.work.wanted()

    def _renew(self, at: tuple[str, Any], one: Running[Who]) -> None:
        """What has ended is free for others at once; what is another's by now ends."""
        key = at[1]
        if not one.thread.is_alive():
            one.hired.close()
            del self.running[at]
            self.work.leave(key, self.name)
        elif time.monotonic() >= one.renew_at:
            one.renew_at = time.monotonic() + RENEW_SECONDS
            stop = one.hired.worker.stop
            if not self.work.renew(key, self.name, one.hired.worker) and not stop.is_set():
                logger.warning("%s is no longer ours", key)
                stop.set()

    def _claim(self, fleet: Fleet, several: Mapping[Any, object]) -> None:
        free = [key for key in several if (fleet.schema_name, key) not in self.running]
        key = self.work.claim(free, self.name) if free else None
        if key is None:
            return
        hired = self.work.hire(fleet, key, self.name)
        thread = threading.Thread(target=hired.worker.run, name=str(key), daemon=True)
        thread.start()
        self.running[fleet.schema_name, key] = Running(fleet, hired, thread, several[key])

    def _attend(self, fleet: Fleet) -> None:
        if time.monotonic() < self._attend_at.get(fleet.schema_name, 0.0):
            return
        self._attend_at[fleet.schema_name] = time.monotonic() + ATTEND_SECONDS
        mine = {key: one.hired.worker for (schema, key), one in self.running.items() if schema == fleet.schema_name}
        self.work.attend(mine)

    def _database_is_away(self, away: bool, why: str = "") -> None:
        if away != self._away:
            logger.warning("The control database %s", f"does not answer: {why.strip()}" if away else "answers again")
        self._away = away
