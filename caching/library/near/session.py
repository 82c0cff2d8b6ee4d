"""One connection to one node on which Redis tells when a key changes that was read on it."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any

import hiredis

from caching.library.cluster.connection import pack
from caching.library.cluster.node import Node
from caching.library.exceptions import Unavailable

PROTOCOL = 3  # the one in which news come on the connection that asked
Told = Callable[[Any], None]


class Session:
    """Answers and news come in the order in which Redis gave them, to whoever calls `receive`. What another thread
    asked is answered there too, before any later news is dealt with."""

    def __init__(self, node: Node, changed: Callable[[list[str] | None], None]) -> None:
        """Raises OSError."""
        self._changed = changed
        self._asked: deque[Told | None] = deque()
        self._lock = Lock()
        self.name, self.heard_at, self.pinged_at = node.name, time.monotonic(), 0.0
        self._connection = node.connect(PROTOCOL)
        [said] = self._connection.exchange(pack("CLIENT", "TRACKING", "ON"), 1)
        if isinstance(said, Exception):
            self._connection.close()
            raise ConnectionRefusedError(f"Redis does not tell of changes: {said}")
        self.socket = self._connection.socket

    def ask(self, packed: bytes, told: Told | None) -> None:
        with self._lock:
            self._asked.append(told)
            self._connection.send(packed)

    def ping(self) -> None:
        self.pinged_at = time.monotonic()
        self.ask(pack("PING"), None)

    def receive(self) -> None:
        """What has come. Raises OSError when the connection is gone."""
        with self._lock:  # under TLS reading and writing are not for two threads at once
            if not self._connection.receive_ready():
                return
        while (said := self._connection.heard()) is not False:
            self._take(said)
        self.heard_at = time.monotonic()

    def close(self) -> None:
        """Who still waits for an answer hears that there is none."""
        self._connection.close()
        while self._asked:
            told = self._asked.popleft()
            if told is not None:
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
