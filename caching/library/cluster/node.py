"""One node of the cluster: a few connections, each used by one thread at a time."""

import os
import weakref
from collections.abc import Sequence
from typing import Any

from caching.library.breaker import Breaker
from caching.library.cluster.connection import Connection, pack
from caching.library.exceptions import Unavailable
from caching.library.tls import Tls

MOST_IDLE = 64


class Node:
    """`talk` raises `Unavailable` when the node does not answer, quickly: at once while it rests after a failure."""

    def __init__(self, host: str, port: int, username: str, password: str, tls: Tls | None = None) -> None:
        self.host, self.port, self.name, self.tls = host, port, f"{host}:{port}", tls
        self._login = (username, password)
        self._breaker = Breaker()
        self._idle: list[Connection] = []
        _NODES.add(self)

    def talk(self, packed: bytes, answers: int = 1) -> list[Any]:
        """Send commands and take their answers; an error that Redis answered is an answer."""
        if not self._breaker.closed:
            raise Unavailable(f"{self.name} failed a moment ago.")
        try:
            found = self._exchange(packed, answers)
        except OSError as error:
            self._breaker.failed(isinstance(error, TimeoutError))
            raise Unavailable(f"{self.name}: {error}") from error
        self._breaker.succeeded()
        return found

    def connect(self, protocol: int = 2) -> Connection:
        """A connection of the caller's own. Raises OSError."""
        return Connection(self.host, self.port, *self._login, self.tls, protocol)

    def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def forget(self) -> None:
        """In a process that was forked: the connections are its parent's."""
        self._idle, self._breaker = [], Breaker()

    def _exchange(self, packed: bytes, answers: int) -> list[Any]:
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._over(self.connect(), packed, answers)
        try:
            return self._over(connection, packed, answers)
        except ConnectionError:
            # Idle ones are lost whenever the node was restarted; that says nothing about now.
            self.close()
            return self._over(self.connect(), packed, answers)

    def _over(self, connection: Connection, packed: bytes, answers: int) -> list[Any]:
        """A connection on which something failed is not used again: a late answer would be taken for the next one."""
        try:
            found = connection.exchange(packed, answers)
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        return found


def pack_all(commands: Sequence[tuple[str | bytes | int | float, ...]]) -> bytes:
    return b"".join([pack(*command) for command in commands])


_NODES: weakref.WeakSet[Node] = weakref.WeakSet()


def _forget_all() -> None:
    for node in list(_NODES):
        node.forget()


os.register_at_fork(after_in_child=_forget_all)
