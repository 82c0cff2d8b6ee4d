"""How long a step may take, and how long to wait before it is tried again."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from novaops.operations.problems import StepTimeout

LONGEST_PAUSE = 10.0


def pause_before(attempt: int) -> float:
    """Seconds before attempt number 2, 3, ...: 0.5, 1, 2, 4, 8, then 10."""
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** max(0, attempt - 2))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupts the block with StepTimeout. Only a process's main thread can be interrupted (workers run steps there);
    in another thread the step's own calls of `progress` are what stops it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise StepTimeout
