"""An end for conversations that could last for ever, a byte at a time."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


class Deadline:
    """`over` once the time was up and the conversation was cut."""

    def __init__(self, talking: Callable[[], socket.socket | None]) -> None:
        self.over, self._talking = False, talking

    def cut(self) -> None:
        self.over = True
        with contextlib.suppress(OSError):
            found = self._talking()
            if found is not None:
                # The plain socket's own method: that of a TLS socket is not for another thread.
                socket.socket.shutdown(found, socket.SHUT_RDWR)


@contextlib.contextmanager
def deadline(seconds: float, talking: Callable[[], socket.socket | None]) -> Iterator[Deadline]:
    """Cuts the connection that `talking` returns when the block lasts longer: whoever reads from it goes on at once."""
    found = Deadline(talking)
    timer = threading.Timer(seconds, found.cut)
    timer.daemon = True
    timer.start()
    try:
        yield found
    finally:
        timer.cancel()
