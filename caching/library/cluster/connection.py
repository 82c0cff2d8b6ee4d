"""A connection to one Redis node: bytes out, answers in."""

import socket
import ssl
from typing import Any

import hiredis
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)

from caching.library.tls import CLOSED, Tls

TIMEOUT = 0.25  # seconds, for connecting and for each answer
ENOUGH = 65_536
KINDS: dict[str, type[ResponseError]] = {
    "MOVED": MovedError,
    "ASK": AskError,
    "TRYAGAIN": TryAgainError,
    "CLUSTERDOWN": ClusterDownError,
    "MASTERDOWN": MasterDownError,
    "READONLY": ReadOnlyError,
}


class Connection:
    """For one thread at a time. OSError is all that it raises: TimeoutError when nothing comes in time, ConnectionError
    when the other side has closed it."""

    def __init__(
        self, host: str, port: int, username: str, password: str, tls: Tls | None = None, protocol: int = 2
    ) -> None:
        self._reader = hiredis.Reader(replyError=_said)
        self.socket = _connected(host, port, tls)
        try:
            self._greet(username or "default", password, protocol)
        except BaseException:
            self.close()
            raise

    def exchange(self, packed: bytes, answers: int) -> list[Any]:
        """Send commands and take their answers; an error that Redis answered is an answer."""
        self.send(packed)
        found: list[Any] = []
        gets = self._reader.gets
        while len(found) < answers:
            said = gets()
            if said is False:
                self.receive()
            else:
                found.append(said)
        return found

    def send(self, packed: bytes) -> None:
        try:
            self.socket.sendall(packed)
        except CLOSED as error:
            raise ConnectionResetError("Redis closed the connection.") from error

    def receive(self) -> None:
        """Wait for bytes, at most TIMEOUT."""
        self._feed(self.socket.recv(ENOUGH))

    def receive_ready(self) -> bool:
        """Take the bytes that are there, without waiting; whether there were any. Under TLS what comes may be none."""
        self.socket.settimeout(0)
        try:
            self._feed(self.socket.recv(ENOUGH))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            self.socket.settimeout(TIMEOUT)
        return True

    def _feed(self, data: bytes) -> None:
        if not data:
            raise ConnectionResetError("Redis closed the connection.")
        self._reader.feed(data)

    def heard(self) -> Any:
        """The next answer or news among what was received, or False."""
        return self._reader.gets()

    def close(self) -> None:
        self.socket.close()

    def _greet(self, username: str, password: str, protocol: int) -> None:
        if protocol != 2:
            self._must(pack("HELLO", protocol, *(("AUTH", username, password) if password else ())))
        elif password:
            self._must(pack("AUTH", username, password))

    def _must(self, packed: bytes) -> None:
        [said] = self.exchange(packed, 1)
        if isinstance(said, Exception):
            raise ConnectionRefusedError(f"Redis refused: {said}")


def _connected(host: str, port: int, tls: Tls | None) -> socket.socket:
    plain = socket.create_connection((host, port), TIMEOUT)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tls.context().wrap_socket(plain, server_hostname=host) if tls else plain
    except BaseException:
        plain.close()
        raise


def pack(*words: str | bytes | int | float) -> bytes:
    """A command as Redis reads it."""
    encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded])


def _said(text: str) -> ResponseError:
    code, _, rest = text.partition(" ")
    kind = KINDS.get(code)
    return kind(rest) if kind is not None else ResponseError(text)
