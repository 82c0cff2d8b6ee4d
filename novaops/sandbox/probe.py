"""Small questions to servers that are starting: each returns None when the server answers, else why not."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import psycopg

from novaops.sandbox.layout import HOST

TIMEOUT = 2.0
Question = Callable[[], str | None]


def get_json(url: str, timeout: float = TIMEOUT) -> Any:
    """The JSON document at a loopback address; OSError or ValueError when there is none."""
    with urllib.request.urlopen(url, timeout=timeout) as reply:
        return json.load(reply)


def http(url: str) -> Question:
    """Ready when the address answers 200."""

    def ask() -> str | None:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT):
                return None
        except (OSError, ValueError) as error:
            return f"{url}: {error}"

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
