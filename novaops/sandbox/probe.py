"""Small questions to servers that are starting: each returns None when the server answers, else why not."""

import http.client
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg

from novaops.sandbox.layout import HOST

TIMEOUT = 2.0
Question = Callable[[], str | None]


def get(port: int, path: str, timeout: float = TIMEOUT) -> bytes:
    """The body of a 200 reply of a loopback server; OSError or HTTPException when there is none."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
    finally:
        connection.close()
    if reply.status != http.client.OK:
        raise OSError(f"HTTP {reply.status}")
    return body


def web(port: int, path: str) -> Question:
    """Ready when the path answers 200."""

    def ask() -> str | None:
        try:
            get(port, path)
        except (OSError, http.client.HTTPException) as error:
            return f"port {port}{path}: {error}"
        return None

    return ask


def line(port: int, question: bytes, answer: bytes) -> Question:
    """Ready when the expected text is in the server's first reply."""

    def ask() -> str | None:
        try:
            with socket.create_connection((HOST, port), TIMEOUT) as connection:
                connection.sendall(question)
                reply = connection.recv(200)
        except OSError as error:
            return f"port {port}: {error}"
        return None if answer in reply else f"port {port} answered {reply[:60]!r}"

    return ask


def sql(dsn: str, statement: str, expected: object) -> Question:
    """Ready when the statement's single value is the expected one."""

    def ask() -> str | None:
        try:
            with psycopg.connect(dsn, connect_timeout=2, autocommit=True, prepare_threshold=None) as connection:
                row = connection.execute(statement.encode()).fetchone()
        except psycopg.Error as error:
            return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return None if row and row[0] == expected else f"{statement} gave {row}"

    return ask


def says(log: Path, words: str) -> Question:
    """Ready when these words have been added to the log since the question was made."""
    before = log.stat().st_size if log.exists() else 0

    def ask() -> str | None:
        with log.open("rb") as file:
            file.seek(before)
            return None if words.encode() in file.read() else f"its log does not say {words!r} yet"

    return ask


def always() -> str | None:
    """For processes that have nothing to ask: that they run is enough."""
    return None


def port_open(port: int) -> Question:
    """Ready when something accepts connections there."""

    def ask() -> str | None:
        try:
            with socket.create_connection((HOST, port), TIMEOUT):
                return None
        except OSError as error:
            return f"port {port}: {error}"

    return ask
