"""Stopping in order, in parallel, and seeing that nothing is left; works with and without a supervisor."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from novaops.sandbox import proc
from novaops.sandbox.records import Record
from novaops.sandbox.spec import STOP_ORDER

PAUSE = 0.05
SERVER_GRACE = 15.0
LAST_GRACE = 5.0


def stop_all(records: Iterable[Record], state: Path, say: Callable[[str], None]) -> list[str]:
    """Stop every recorded process, stage by stage, then whatever else this state folder started.

    Returns what is still running afterwards, as sentences' ends; empty when nothing is left.
    """
    everything = tuple(records)
    for stage in STOP_ORDER:
        batch = [record for record in everything if record.stage == stage and record.roots()]
        if batch:
            began = time.monotonic()
            stop(batch)
            say(f"stopped {', '.join(record.name for record in batch)} ({time.monotonic() - began:.1f} s)")
    _sweep(state)
    return leftovers(everything, state)


def stop(batch: list[Record]) -> None:
    """Ask all at once, wait for each no longer than its grace, then insist."""
    for record in batch:
        resume(record)
        if record.pid:
            send(record.pid, signal.Signals(record.stop_signal))
    deadline = time.monotonic() + max(record.grace for record in batch)
    _wait(lambda: any(record.pid for record in batch), deadline)
    killed = [known for record in batch for known in _insist(record)]
    _wait(lambda: any(proc.alive(known) for known in killed), time.monotonic() + LAST_GRACE)
    servers = [record for record in batch if record.postmaster()]
    for record in servers:
        _signal_server(record, signal.SIGINT)
    _wait(lambda: any(record.postmaster() for record in servers), time.monotonic() + SERVER_GRACE)
    for record in servers:
        kill_family(record)


def unlock(data_folders: Iterable[Path]) -> None:
    """Remove the lock file of a PostgreSQL server that was killed.

    PostgreSQL itself would refuse to start while the pid in it is taken: by a stranger, or by its own zombie that
    nobody has collected yet. Backends that outlived their server are waited for, then killed.
    """
    for data in data_folders:
        lock = data / "postmaster.pid"
        if lock.exists() and proc.postmaster(data) is None:
            _wait(lambda data=data: bool(proc.working_in(data)), time.monotonic() + LAST_GRACE)  # type: ignore[misc]
            for pid in proc.working_in(data):
                send(pid, signal.SIGKILL)
            lock.unlink(missing_ok=True)


def hold(record: Record) -> set[int]:
    """The process, its descendants and its PostgreSQL server, all stopped by SIGSTOP: what one of them forks while the
    others are looked up would outlive them, and wait forever for locks of the dead."""
    held: set[int] = set()
    while found := proc.family(record.roots(), proc.everyone()) - held:
        for pid in found:
            send(pid, signal.SIGSTOP)
        held |= found
    return held


def kill_family(record: Record) -> None:
    """SIGKILL for the process, its descendants and its PostgreSQL server."""
    for pid in hold(record):
        send(pid, signal.SIGKILL)
    _wait(lambda: bool(record.roots()), time.monotonic() + LAST_GRACE)


def resume(record: Record) -> None:
    """A process held by SIGSTOP would not hear that it is to end."""
    if record.paused:
        for pid in proc.family(record.roots(), proc.everyone()):
            send(pid, signal.SIGCONT)


def leftovers(records: Iterable[Record], state: Path) -> list[str]:
    """What of this state folder runs, as `name (pid)`."""
    found = {pid: record.name for record in records for pid in record.roots()}
    found |= {pid: proc.command(pid)[:60] for pid in proc.marked(state) - _ourselves() if pid not in found}
    return [f"{name} ({pid})" for pid, name in sorted(found.items())]


def send(pid: int, number: signal.Signals) -> None:
    """A signal to a process that may already be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _insist(record: Record) -> list[proc.Identity]:
    """SIGKILL for a process that did not end, and its descendants; returns who was killed."""
    pid, server = record.pid, record.postmaster()
    if pid is None:
        return []
    processes = proc.everyone()
    doomed = proc.family([pid], processes)
    if server and server != pid:
        # A PostgreSQL server is asked to shut down properly before it is killed.
        doomed -= proc.family([server], processes)
    known = [found for pid in doomed if (found := proc.identity(pid))]
    for pid in doomed:
        send(pid, signal.SIGKILL)
    return known


def _signal_server(record: Record, number: signal.Signals) -> None:
    server = record.postmaster()
    if server:
        send(server, number)


def _sweep(state: Path) -> None:
    """Children of children that outlived their parents."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in proc.marked(state) - _ourselves():
            send(pid, number)
        _wait(lambda: bool(proc.marked(state) - _ourselves()), time.monotonic() + LAST_GRACE)


def _ourselves() -> set[int]:
    """This process and its ancestors are never leftovers (a test may have been started by the sandbox)."""
    found, pid = set(), os.getpid()
    while pid > 1 and (entry := proc.stat(pid)):
        found.add(pid)
        pid = entry.parent
    return found


def _wait(busy: Callable[[], bool], deadline: float) -> None:
    while busy() and time.monotonic() < deadline:
        time.sleep(PAUSE)
