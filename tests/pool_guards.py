"""Guards of pool pauses for tests: in a thread where one is only needed, as the real process where it is killed."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from novaops.fleets.models import Fleet
from shards.pools.pausing.process import Process
from tests import control_database
from tests.waiting import wait_for

SAYS = "guards the pauses of pools from now on"


@contextmanager
def guarding(fleet: Fleet) -> Iterator[Process]:
    """A guard that works in this process, for as long as the block lasts; one of its turns is over at the start."""
    guard, stop, turned = Process(fleets=[fleet], _fleets_at=float("inf")), threading.Event(), threading.Event()

    def run() -> None:
        guard.turn()
        turned.set()
        guard.run(stop)
        connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert turned.wait(60), "the guard has made no turn"
    try:
        yield guard
    finally:
        stop.set()
        thread.join(30)


def let_end_come(guard: Process, fleet: Fleet) -> None:
    """As it would with time: whatever the guard holds has to be resumed now."""
    now = time.monotonic()
    for held in guard.memory.of(fleet.schema_name):
        held.until = min(held.until, now)


@contextmanager
def guard_process() -> Iterator["subprocess.Popen[str]"]:
    """`manage.py pool_guards` of the test's control database; killed at the end."""
    env = os.environ | {"NOVAOPS_DATABASE_URL": control_database.url(), "PYTHONUNBUFFERED": "1"}
    env |= {"NOVAOPS_LOG_LEVEL": "INFO"}
    argv = [sys.executable, "manage.py", "pool_guards"]
    process = subprocess.Popen(
        argv, cwd=control_database.ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reading.start()
    try:
        wait_for(lambda: any(SAYS in line for line in said), "a guard that works")
        yield process
    finally:
        process.kill()
        process.wait(60)
