"""Workers that die by kill -9 between two lines of their own code, one line after the other.

A worker is a fork of the test: it carries the operation out under a trace that counts the lines that it executes in the
files that are watched, and kills itself at the chosen one. Every place of a run can be tried so, in a moment each."""

import faulthandler
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connection
from django.utils import timezone

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.clients.postgres import sessions
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
# How many places of a run are tried; NOVAOPS_KILL_EVERY=1 tries each.
PLACES = 8
# No worker of a test takes so long: one that does says where it stands and ends.
LIMIT_SECONDS = 240
Work = Callable[[], object]
_inherited: list[Any] = []


def places(lines: int) -> Iterator[int]:
    """The lines to die at, of so many that a whole run executes: spread over it, always with the first and the last."""
    every = int(os.environ.get("NOVAOPS_KILL_EVERY") or max(1, lines // PLACES))
    yield from range(1, lines, every)
    yield lines


def lines_of(operation: Operation, watched: list[str]) -> int:
    """Carries the operation out in a worker that lives, and tells how many lines that took."""
    reading, writing = os.pipe()

    def count(lines: int) -> None:
        os.write(writing, str(lines).encode())

    assert _forked(partial(execute, operation.pk), watched, 0, count) == 0, (
        "the worker that was counted did not end by itself"
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        return int(told.read())


def killed_at(line: int, operation: Operation, watched: list[str]) -> bool:
    """Whether a worker died there; False when it had ended before."""
    return dies_at(line, partial(execute, operation.pk), watched)


def dies_at(line: int, work: Work, watched: list[str]) -> bool:
    """The same for any work that is done in one process."""
    code = _forked(work, watched, line, lambda lines: None)
    assert code in (0, -signal.SIGKILL), "it ended in another way than it should"
    return code == -signal.SIGKILL


def taken_over(operation: Operation) -> Operation:
    """Another worker carries on as soon as the killed one's lease has run out."""
    let_go(operation)
    execute(operation.pk)
    operation.refresh_from_db()
    return operation


def let_go(operation: Operation) -> None:
    """The killed one's lease runs out, as it would with time."""
    late = timezone.now() - timedelta(seconds=1)
    Operation.objects.filter(pk=operation.pk, status=Status.RUNNING).update(lease_until=late)


def started(operation: Operation) -> int:
    """The process of a worker that nobody has killed yet."""
    return _fork(partial(execute, operation.pk), [], 0, lambda lines: None)


def begun(work: Work) -> int:
    """The same for any work."""
    return _fork(work, [], 0, lambda lines: None)


def ended(process: int) -> int:
    """The exit code of such a process, when it has ended by itself. One that does not end is killed, and the test
    fails."""
    watched = os.pidfd_open(process)
    try:
        in_time = bool(select.select([watched], [], [], LIMIT_SECONDS + 20)[0])
    finally:
        os.close(watched)
    if not in_time:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert in_time, f"a worker did not end within {LIMIT_SECONDS + 20} s and was killed"
    return code


def freeze() -> None:
    """The process, from any of its threads, which does not go on before: a signal to the process would be for the main
    thread to see, sooner or later."""
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def frozen(process: int) -> None:
    """Returns when such a process is held by a SIGSTOP."""

    def held() -> bool:
        found, status = os.waitpid(process, os.WNOHANG | os.WUNTRACED)
        assert not found or os.WIFSTOPPED(status), f"it ended before it froze: {status}"
        return bool(found)

    wait_for(held, "a worker that freezes", every=0.02)


def _forked(work: Work, watched: list[str], line: int, tell: Callable[[int], None]) -> int:
    return ended(_fork(work, watched, line, tell))


def _fork(work: Work, watched: list[str], line: int, tell: Callable[[int], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
        _leave_connections_alone()
        counted = _Counter([str(ROOT / path) for path in watched], line)
        sys.settrace(counted.begin)
        work()
        sys.settrace(None)
        tell(counted.lines)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _leave_connections_alone() -> None:
    """The parent's are the parent's: closing them here would end them there."""
    _inherited.append((connection.connection, dict(sessions._idle)))
    connection.connection = None
    connection.set_tenant(connection.tenant)  # type: ignore[attr-defined]
    sessions._idle.clear()


class _Counter:
    def __init__(self, paths: list[str], line: int) -> None:
        self.paths, self.line, self.lines = tuple(paths), line, 0

    def begin(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        return self.step if frame.f_code.co_filename.startswith(self.paths) else None

    def step(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        if event == "line":
            self.lines += 1
            if self.lines == self.line:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.step
