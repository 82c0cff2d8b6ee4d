"""`up`: look whether it can work, start everything, keep it running, stop it in order."""

import fcntl
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from novaops.sandbox import (
    account,
    binaries,
    choices,
    console_up,
    control,
    environment,
    preflight,
    records,
    servers_up,
    steps,
    stopping,
)
from novaops.sandbox.choices import Choices
from novaops.sandbox.layout import Layout
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.records import Phase
from novaops.sandbox.site import Site
from novaops.sandbox.supervisor import Supervisor

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What the person asked for this time."""

    choices: Choices
    quiet: bool = False
    servers_only: bool = False


def prepare(state: Path, wishes: Wishes, say: Say) -> Site:
    """Clean up after a killed supervisor, check what must be true, and write down the choices."""
    layout = wishes.choices.layout(state)
    _make_folders(layout)
    _only_one(layout)
    known = records.read(layout.records)
    if stopping.leftovers(known.records, state):
        say("A former supervisor was killed: stopping what it left running.")
        stopping.stop_all(known.records, state, say)
    site = Site(layout, binaries.find(layout), account.find(state))
    stopping.unlock([layout.data(name) for name in ("control", *(member.name for member in layout.members))])
    preflight.check(layout)
    choices.save(layout, wishes.choices)
    environment.write(site)
    return site


def supervise(site: Site, wishes: Wishes, say: Say) -> int:
    """Start, keep alive until SIGTERM or Ctrl-C, stop. Returns the exit status."""
    supervisor = Supervisor(site.layout, site.account)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.ending.set())
    supervisor.save()
    control.serve(supervisor)
    failed = Event()
    Thread(target=_start, args=(site, supervisor, wishes, say, failed), daemon=True, name="start").start()
    supervisor.run()
    left = supervisor.shut_down(say if not failed.is_set() else _silent)
    supervisor.enter(Phase.FAILED if failed.is_set() else Phase.STOPPED, supervisor.message)
    if left:
        say(f"Still running: {', '.join(left)}.")
    return 1 if failed.is_set() or left else 0


def _start(site: Site, supervisor: Supervisor, wishes: Wishes, say: Say, failed: Event) -> None:
    began = time.monotonic()
    try:
        todo = servers_up.steps(site, supervisor)
        if not wishes.servers_only:
            todo += console_up.steps(site, supervisor, workload=not wishes.quiet)
        steps.run_all(todo, say)
        supervisor.enter(Phase.RUNNING, console_up.farewell(site, time.monotonic() - began, wishes.servers_only))
        say(supervisor.message)
    except SandboxError as error:
        if not supervisor.ending.is_set():
            say(str(error))
            supervisor.message = str(error)
            failed.set()
            supervisor.ending.set()


def _only_one(layout: Layout) -> None:
    """One supervisor per state folder: the lock is held (across a fork) until the last holder ends."""
    descriptor = os.open(layout.state / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SandboxError(f"Another `up` is at work in {layout.state}.") from error


def _make_folders(layout: Layout) -> None:
    """The servers' user must be able to pass through, not to list."""
    for folder in (layout.state, layout.state / "servers", layout.state / "logs", layout.secrets):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700 if folder == layout.secrets else 0o711)


def _silent(_: str) -> None:
    """A failed start has already said its sentence."""
