"""Ctrl-C while something is waited for. It raises nothing, for what is raised into the middle of other code may be
swallowed there: it is one more thing that can come next, and whoever waits looks at it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

# A signal that comes right before a wait does not wake it, so a wait is never longer than this.
LONGEST = 0.2
Value = TypeVar("Value")


class Waiting:
    """Waits for answers and pauses until Ctrl-C is pressed; after that it waits for nothing more."""

    def __init__(self) -> None:
        self.interrupted = False
        # May be put to from a signal's handler, whatever its reader is doing.
        self._next: SimpleQueue[Callable[[], Any]] = SimpleQueue()

    def answer(self, call: Callable[[], Value]) -> Value | None:
        """What the call returns or raises, or None as soon as Ctrl-C is pressed: then nobody waits for it any more."""
        threading.Thread(target=self._carry_out, args=(call,), daemon=True).start()
        while not self.interrupted:
            try:
                found: Value = self._next.get(timeout=LONGEST)()
            except Empty:
                continue
            return found
        return None

    def pause(self, seconds: float) -> None:
        """Shorter when Ctrl-C is pressed."""
        while seconds > 0 and not self.interrupted:
            time.sleep(min(seconds, LONGEST))
            seconds -= LONGEST

    def interrupt(self, *_: object) -> None:
        self.interrupted = True

    def _carry_out(self, call: Callable[[], Any]) -> None:
        try:
            found = call()
        except Exception as problem:  # the edge of a thread: whoever waits gets it
            self._next.put(partial(_raise, problem))
        else:
            self._next.put(lambda: found)


@contextmanager
def until_ctrl_c() -> Iterator[Waiting]:
    """Also where the shell that started us in the background had Ctrl-C ignored: waiting changes nothing, and ends."""
    waiting = Waiting()
    if threading.current_thread() is not threading.main_thread():
        yield waiting
        return
    before = signal.signal(signal.SIGINT, waiting.interrupt)
    try:
        yield waiting
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def _raise(problem: Exception) -> Any:
    raise problem
