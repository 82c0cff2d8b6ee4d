"""One node of the cluster: a few connections, each used by one thread at a time."""

import os
import weakref
from collections.abc import Sequence
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as Late
from redis.retry import Retry

from caching.library.breaker import Breaker
from caching.library.exceptions import Unavailable

TIMEOUT = 0.25  # seconds, for connecting and for each answer
MOST_IDLE = 64


class Node:
    """`talk` raises `Unavailable` when the node does not answer, quickly: at once while it rests after a failure."""

    def __init__(self, host: str, port: int, username: str, password: str) -> None:
        self.host, self.port, self.name = host, port, f"{host}:{port}"
        self._login = {"username": username or None, "password": password or None}
        self._breaker = Breaker()
        self._idle: list[Connection] = []
        _NODES.add(self)

    def talk(self, packed: bytes, answers: int = 1) -> list[Any]:
        """Send commands and take their answers; an error that Redis answered is an answer."""
        if not self._breaker.closed:
            raise Unavailable(f"{self.name} failed a moment ago.")
        try:
            found = self._exchange(packed, answers)
        except (RedisError, OSError) as error:
            self._breaker.failed(isinstance(error, Late))
            raise Unavailable(f"{self.name}: {error}") from error
        self._breaker.succeeded()
        return found

    def connect(self, protocol: int = 2) -> Connection:
        """A connection of the caller's own."""
        return Connection(  # type: ignore[no-untyped-call]
            host=self.host,
            port=self.port,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            protocol=protocol,
            client_name="novacron",
            **self._login,
        )

    def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.disconnect()  # type: ignore[no-untyped-call]

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
        except Lost:
            # Idle ones are lost whenever the node was restarted; that says nothing about now.
            self.close()
            return self._over(self.connect(), packed, answers)

    def _over(self, connection: Connection, packed: bytes, answers: int) -> list[Any]:
        connection.send_packed_command([packed], check_health=False)  # type: ignore[no-untyped-call]
        found = [_answer(connection) for _ in range(answers)]
        if len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.disconnect()  # type: ignore[no-untyped-call]
        return found


def pack(*words: str | bytes | int | float) -> bytes:
    """A command as Redis reads it."""
    encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded])


def pack_all(commands: Sequence[tuple[str | bytes | int | float, ...]]) -> bytes:
    return b"".join([pack(*command) for command in commands])


def _answer(connection: Connection) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


_NODES: weakref.WeakSet[Node] = weakref.WeakSet()


def _forget_all() -> None:
    for node in list(_NODES):
        node.forget()


os.register_at_fork(after_in_child=_forget_all)
