"""A process of the change stream: takes pieces of work that nobody does, one after the other, each in a thread of its
own, and tells how they go. Any number of processes on any number of hosts share the work."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from caching.stream import parts, samples
from caching.stream.parts import Report
from novaops.fleets.models import Fleet

logger = logging.getLogger(__name__)
TURN_SECONDS = 1.0
# A lease is prolonged, and the work's report kept, this often.
RENEW_SECONDS = 2.0
FLEETS_SECONDS = 10.0
SAMPLE_SECONDS = 10.0
END_SECONDS = 6.0


class Worker(Protocol):
    stop: threading.Event

    @property
    def report(self) -> Report: ...

    def run(self) -> None: ...


# What there is to do in a fleet (names of parts), and who does a part of it. Both are called inside the fleet.
Wanted = Callable[[Fleet], Iterable[str]]
Hire = Callable[[Fleet, str], Worker]


@dataclass(slots=True)
class Running:
    fleet: Fleet
    worker: Worker
    thread: threading.Thread
    renew_at: float = 0.0


@dataclass
class Process:
    wanted: Wanted
    hire: Hire
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    running: dict[tuple[str, str], Running] = field(default_factory=dict)
    fleets: list[Fleet] = field(default_factory=list)
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
        self._look_for_fleets()
        for fleet in self.fleets:
            with tenant_context(fleet):
                self._renew(fleet)
                self._claim(fleet)
                self._sample(fleet)

    def end(self) -> None:
        """Everything stops within a moment, and is free for others at once."""
        for one in self.running.values():
            one.worker.stop.set()
        deadline = time.monotonic() + END_SECONDS
        for (_, name), one in self.running.items():
            one.thread.join(max(0.1, deadline - time.monotonic()))
            try:
                with tenant_context(one.fleet):
                    parts.leave(name, self.name)
            except (DatabaseError, InterfaceError):
                connection.close()

    def _look_for_fleets(self) -> None:
        if time.monotonic() < self._look_at:
            return
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        self.fleets = list(Fleet.objects.all())
        for fleet in self.fleets:
            with tenant_context(fleet):
                parts.register(self.wanted(fleet))
        self._look_at = time.monotonic() + FLEETS_SECONDS

    def _renew(self, fleet: Fleet) -> None:
        for key, one in list(self.running.items()):
            if key[0] != fleet.schema_name or time.monotonic() < one.renew_at:
                continue
            one.renew_at = time.monotonic() + RENEW_SECONDS
            if not one.thread.is_alive() or not parts.renew(key[1], self.name, one.worker.report):
                logger.warning("%s is no longer ours, or ended", key[1])
                one.worker.stop.set()
                del self.running[key]

    def _sample(self, fleet: Fleet) -> None:
        if time.monotonic() < self._sample_at.get(fleet.schema_name, 0.0):
            return
        self._sample_at[fleet.schema_name] = time.monotonic() + SAMPLE_SECONDS
        mine = {key[1]: one.worker.report for key, one in self.running.items() if key[0] == fleet.schema_name}
        samples.keep(mine)

    def _claim(self, fleet: Fleet) -> None:
        name = parts.claim(self.wanted(fleet), self.name)
        if name is None:
            return
        worker = self.hire(fleet, name)
        thread = threading.Thread(target=worker.run, name=name, daemon=True)
        thread.start()
        self.running[fleet.schema_name, name] = Running(fleet, worker, thread)

    def _database_is_away(self, away: bool, why: str = "") -> None:
        if away != self._away:
            logger.warning("The control database %s", f"does not answer: {why.strip()}" if away else "answers again")
        self._away = away
