"""A process of the change stream: takes pieces of work that nobody does, one after the other, each in a thread of its
own, and tells how they go. Any number of processes on any number of hosts share the work."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from caching.stream import parts, samples
from caching.stream.parts import Report
from novaops.fleets.models import Fleet
from novaops.inventory.targets import Target

logger = logging.getLogger(__name__)
TURN_SECONDS = 1.0
# A lease is prolonged, and the work's report kept, this often.
RENEW_SECONDS = 2.0
# What there is to do, and with which servers, is looked up this often.
LOOK_SECONDS = 5.0
SAMPLE_SECONDS = 10.0
END_SECONDS = 6.0


class Worker(Protocol):
    stop: threading.Event

    @property
    def report(self) -> Report: ...

    def run(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Hired:
    """`close` is called when the worker's thread has ended."""

    worker: Worker
    close: Callable[[], None]


Servers = tuple[Target, ...]
# What there is to do in a fleet: parts by name, each with the servers that who does it must know. When those change,
# it is begun anew. Both are called inside the fleet.
Wanted = Callable[[], Mapping[str, Servers]]
Hire = Callable[[Fleet, str], Hired]


@dataclass(slots=True)
class Running:
    fleet: Fleet
    hired: Hired
    thread: threading.Thread
    servers: Servers
    renew_at: float = 0.0


@dataclass
class Process:
    wanted: Wanted
    hire: Hire
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    running: dict[tuple[str, str], Running] = field(default_factory=dict)
    fleets: dict[Fleet, Mapping[str, Servers]] = field(default_factory=dict)
    _look_at: float = 0.0
    _away: bool = False
    _sample_at: dict[str, float] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        logger.info("%s works from now on", self.name)
        while not stop.wait(TURN_SECONDS):
            try:
                self.turn()
                self._database_is_away(False)
            except (DatabaseError, InterfaceError) as problem:
                # Work goes on: a slot has one reader at most, and forgetting twice harms nobody.
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
                self._sample(fleet)

    def end(self) -> None:
        """Everything stops within a moment, and is free for others at once."""
        for one in self.running.values():
            one.hired.worker.stop.set()
        deadline = time.monotonic() + END_SECONDS
        for (_, name), one in self.running.items():
            one.thread.join(max(0.1, deadline - time.monotonic()))
            if not one.thread.is_alive():
                one.hired.close()
            try:
                with tenant_context(one.fleet):
                    parts.leave(name, self.name)
            except (DatabaseError, InterfaceError):
                connection.close()

    def _look(self) -> None:
        """Finds what there is to do; what is done with other servers than it should be, or for nothing, stops."""
        if time.monotonic() < self._look_at:
            return
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        self.fleets = {fleet: self._wanted_of(fleet) for fleet in Fleet.objects.all()}
        self._look_at = time.monotonic() + LOOK_SECONDS
        for (_, name), one in self.running.items():
            stop = one.hired.worker.stop
            if self.fleets.get(one.fleet, {}).get(name) != one.servers and not stop.is_set():
                logger.warning("%s ends: it is not wanted any more, or with other servers", name)
                stop.set()

    def _wanted_of(self, fleet: Fleet) -> Mapping[str, Servers]:
        with tenant_context(fleet):
            found = self.wanted()
            parts.register(found)
        return found

    def _renew(self, key: tuple[str, str], one: Running) -> None:
        """What has ended is free for others at once; what is another's by now ends."""
        if not one.thread.is_alive():
            one.hired.close()
            del self.running[key]
            parts.leave(key[1], self.name)
        elif time.monotonic() >= one.renew_at:
            one.renew_at = time.monotonic() + RENEW_SECONDS
            stop = one.hired.worker.stop
            if not parts.renew(key[1], self.name, one.hired.worker.report) and not stop.is_set():
                logger.warning("%s is no longer ours", key[1])
                stop.set()

    def _sample(self, fleet: Fleet) -> None:
        if time.monotonic() < self._sample_at.get(fleet.schema_name, 0.0):
            return
        self._sample_at[fleet.schema_name] = time.monotonic() + SAMPLE_SECONDS
        mine = {key[1]: one.hired.worker.report for key, one in self.running.items() if key[0] == fleet.schema_name}
        samples.keep(mine)

    def _claim(self, fleet: Fleet, several: Mapping[str, Servers]) -> None:
        free = [name for name in several if (fleet.schema_name, name) not in self.running]
        name = parts.claim(free, self.name)
        if name is None:
            return
        hired = self.hire(fleet, name)
        thread = threading.Thread(target=hired.worker.run, name=name, daemon=True)
        thread.start()
        self.running[fleet.schema_name, name] = Running(fleet, hired, thread, several[name])

    def _database_is_away(self, away: bool, why: str = "") -> None:
        if away != self._away:
            logger.warning("The control database %s", f"does not answer: {why.strip()}" if away else "answers again")
        self._away = away
