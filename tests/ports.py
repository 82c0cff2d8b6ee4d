"""Ports for servers of a test's own: below those that Linux gives to outgoing connections, which would be taken in the
moment before a server listens there. None is handed out twice until all have been."""

import os
import socket
from contextlib import suppress
from itertools import count

HOST = "127.0.0.1"
FIRST, LAST = 30_000, 32_767
_turns = count(os.getpid())


def free_port() -> int:
    for _ in range(FIRST, LAST + 1):
        port = FIRST + next(_turns) % (LAST + 1 - FIRST)
        with suppress(OSError), socket.socket() as one:
            one.bind((HOST, port))
            return port
    raise AssertionError(f"No port from {FIRST} to {LAST} is free.")


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]
