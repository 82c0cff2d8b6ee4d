"""An end for conversations that could last for ever, a byte at a time."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

AGAIN_SECONDS = 0.2


class Deadline(threading.Thread):
    """`over` once the time was up and the conversation was cut."""

    def __init__(self, seconds: float, talking: Callable[[], socket.socket | None]) -> None:
        super().__init__(name="deadline", daemon=True)
        self.over, self.ended = False, threading.Event()
        self._seconds, self._talking = seconds, talking

    def run(self) -> None:
        if self.ended.wait(self._seconds):
            return
        self.over = True
        self._cut()
        # Also a connection that is only now made.
        while not self.ended.wait(AGAIN_SECONDS):
            self._cut()

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            found = self._talking()
            if found is not None:
                # The plain socket's own method: that of a TLS socket is not for another thread.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


@contextlib.contextmanager
def deadline(seconds: float, talking: Callable[[], socket.socket | None]) -> Iterator[Deadline]:
    """Cuts the connection that `talking` returns when the block lasts longer: whoever reads from it goes on at once."""
    found = Deadline(seconds, talking)
    found.start()
    try:
        yield found
    finally:
        found.ended.set()
