"""Streams end when the server is told to stop.

Servers wait for open responses before they tell an application that they shut down: only the signal comes in time."""

import asyncio
import signal
import threading
from types import FrameType

from novaops.live.hub import hub

_watching = False


def watch_for_shutdown() -> None:
    """Ends all streams at SIGTERM and SIGINT, then lets the server's own handler do its work. To be called inside the
    running event loop; calls after the first do nothing."""
    global _watching
    if _watching or threading.current_thread() is not threading.main_thread():
        return
    _watching = True
    for number in (signal.SIGTERM, signal.SIGINT):
        _chain(number, asyncio.get_running_loop())


def _chain(number: signal.Signals, loop: asyncio.AbstractEventLoop) -> None:
    previous = signal.getsignal(number)
    if not callable(previous):
        return

    def end_streams(received: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hub.close)
        previous(received, frame)

    signal.signal(number, end_streams)
