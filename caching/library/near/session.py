"""One connection to one node on which Redis tells when a key changes that was read on it."""

import socket
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any

import hiredis

from caching.library.cluster.node import TIMEOUT, Node, pack
from caching.library.exceptions import Unavailable

ENOUGH = 65_536
Told = Callable[[Any], None]


class Session:
    """Answers and news come in the order in which Redis gave them, to whoever calls `receive`. What another thread
    asked is answered there too, before any later news is dealt with."""

    def __init__(self, node: Node, username: str, password: str, changed: Callable[[list[str] | None], None]) -> None:
        """Raises OSError or Unavailable."""
        self._changed = changed
        self._asked: deque[Told | None] = deque()
        self._lock = Lock()
        self._reader = hiredis.Reader()
        self.name, self.heard_at, self.pinged_at = node.name, time.monotonic(), 0.0
        self.socket = socket.create_connection((node.host, node.port), TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        login = ("AUTH", username or "default", password) if password else ()
        try:
            self.ask(pack("HELLO", 3, *login), _refused)
            self.ask(pack("CLIENT", "TRACKING", "ON"), _refused)
            while self._asked:
                self.receive()
        except BaseException:
            self.socket.close()
            raise

    def ask(self, packed: bytes, told: Told | None) -> None:
        with self._lock:
            self._asked.append(told)
            self.socket.sendall(packed)

    def ping(self) -> None:
        self.pinged_at = time.monotonic()
        self.ask(pack("PING"), None)

    def receive(self) -> None:
        """What has come; waits for it at most TIMEOUT. Raises OSError when the connection is gone."""
        data = self.socket.recv(ENOUGH)
        if not data:
            raise ConnectionResetError("Redis closed the connection.")
        self._reader.feed(data)
        while (said := self._reader.gets()) is not False:
            self._take(said)
        self.heard_at = time.monotonic()

    def close(self) -> None:
        """Who still waits for an answer hears that there is none."""
        self.socket.close()
        while self._asked:
            told = self._asked.popleft()
            if told is not None and told is not _refused:
                told(Unavailable(f"The connection to {self.name} was lost."))

    def _take(self, said: Any) -> None:
        if isinstance(said, hiredis.PushNotification):
            if said[0] == b"invalidate":
                keys = said[1]
                self._changed(None if keys is None else [key.decode(errors="replace") for key in keys])
            return
        told = self._asked.popleft()
        if told is not None:
            told(said)


def _refused(said: Any) -> None:
    if isinstance(said, Exception):
        raise Unavailable(f"Redis does not tell of changes: {said}")
