"""The process that keeps ways back open: takes moves that nobody follows, each in a thread of its own, and asks for the
end of those that have expired. Any number of processes on any number of hosts share the work."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.moves.returning import leases
from shards.moves.returning.following import Follower

logger = logging.getLogger(__name__)
TURN_SECONDS = 1.0
FLEETS_SECONDS = 10.0
END_SECONDS = 6.0


@dataclass(slots=True)
class Running:
    follower: Follower
    thread: threading.Thread


@dataclass
class Process:
    """`expire` is called inside each fleet, now and then: it ends what has expired."""

    expire: Callable[[], object]
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    running: dict[tuple[str, int], Running] = field(default_factory=dict)
    fleets: list[Fleet] = field(default_factory=list)
    _look_at: float = 0.0
    _away: bool = False

    def run(self, stop: threading.Event) -> None:
        logger.info("%s keeps ways back from now on", self.name)
        while not stop.wait(TURN_SECONDS):
            try:
                self.turn()
                self._away = False
            except (DatabaseError, InterfaceError) as problem:
                if not self._away:
                    logger.warning("The control database does not answer: %s", str(problem).strip())
                self._away = True
                connection.close()
        self.end()

    def turn(self) -> None:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        if time.monotonic() >= self._look_at:
            self.fleets = list(Fleet.objects.all())
        for fleet in self.fleets:
            with tenant_context(fleet):
                self._renew(fleet)
                self._claim(fleet)
                if time.monotonic() >= self._look_at:
                    self.expire()
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + FLEETS_SECONDS

    def end(self) -> None:
        """Everything stops within a moment, and is free for others at once."""
        for one in self.running.values():
            one.follower.stop.set()
        deadline = time.monotonic() + END_SECONDS
        for (_, number), one in self.running.items():
            one.thread.join(max(0.1, deadline - time.monotonic()))
            try:
                with tenant_context(one.follower.fleet):
                    leases.leave(number, self.name)
            except (DatabaseError, InterfaceError):
                connection.close()

    def _renew(self, fleet: Fleet) -> None:
        for key, one in list(self.running.items()):
            if key[0] == fleet.schema_name and not (one.thread.is_alive() and leases.renew(key[1], self.name)):
                one.follower.stop.set()
                del self.running[key]

    def _claim(self, fleet: Fleet) -> None:
        number = leases.claim(self.name)
        if number is None or (fleet.schema_name, number) in self.running:
            return
        follower = Follower(fleet, number, self.name)
        thread = threading.Thread(target=follower.run, name=f"way back {number}", daemon=True)
        thread.start()
        self.running[fleet.schema_name, number] = Running(follower, thread)
