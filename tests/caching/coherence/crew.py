"""Two processes of the change stream that share its work, in place of the sandbox's: to be killed, or stopped for a
while, by what they hold. One that was killed is started again only when the other has all the work."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from django_tenants.utils import tenant_context

from caching.stream.models import PartState, StreamPart
from novaops.fleets.models import Fleet
from novaops.sandbox.control import Client
from tests.caching.coherence.faults import stopped
from tests.ending import tied
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]
SANDBOX = ["reader", "invalidator", "rollups"]
WORDS = [sys.executable, "manage.py", "change_stream", "all"]


@dataclass
class Crew:
    fleet: Fleet
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        one = subprocess.Popen(tied(WORDS), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.running[one.pid] = one

    def kill_holder(self, part: str) -> None:
        """kill -9; the other takes over all that it had."""
        pid = self.holder(part)
        self.running[pid].kill()
        self.running.pop(pid).wait()
        wait_for(lambda: self._works_without(pid), f"another process to take over {part}", 120)
        self.start()

    def hang_holder(self, part: str) -> None:
        """It is held up in the middle of whatever it does, and goes on when another one has taken over all it had."""
        pid = self.holder(part)
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_for(lambda: self._works_without(pid), f"another process to take over {part}", 120)
        finally:
            os.kill(pid, signal.SIGCONT)

    def holder(self, part: str) -> int:
        return wait_for(lambda: self._pids().get(part) or 0, f"a process that works on {part}")

    def end(self) -> None:
        for one in self.running.values():
            one.terminate()
        for one in self.running.values():
            one.wait(30)

    def _works_without(self, pid: int) -> bool:
        pids = self._pids()
        return bool(pids) and None not in pids.values() and pid not in pids.values()

    def _pids(self) -> dict[str, int | None]:
        """Who works on each part; None where nobody does, or does not get on."""
        with tenant_context(self.fleet):
            rows = list(StreamPart.objects.values_list("name", "holder", "state"))
        connection.close()
        return {name: _pid(holder) if state == PartState.WORKING else None for name, holder, state in rows}


def _pid(holder: str) -> int | None:
    return int(holder.split(":")[1]) if holder else None


@contextmanager
def crew(sandbox: Client, slug: str) -> Iterator[Crew]:
    one = Crew(Fleet.objects.get(slug=slug))
    with stopped(sandbox, SANDBOX):
        try:
            one.start()
            one.start()
            yield one
        finally:
            one.end()
