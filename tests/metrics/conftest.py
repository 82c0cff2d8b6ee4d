"""Addresses of every temper, and servers that have them."""

import socket
from collections.abc import Iterator

import pytest

from novaops.inventory.models import Server, ServerKind


@pytest.fixture
def hanging_port() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Nothing listens: the socket is bound, so that nobody else takes the port, but does not listen."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def server(name: str, port: int, kind: ServerKind = ServerKind.MEMCACHED) -> Server:
    return Server.objects.create(kind=kind, name=name, host="127.0.0.1", port=port, url=f"http://127.0.0.1:{port}")
