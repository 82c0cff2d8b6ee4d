"""Does every address answer? Asked at import, all at once, each for two seconds at most."""

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import requests

from novaops.inventory.rows import Row
from novaops.inventory.tls import tls_of
from novaops.inventory.tls_problems import sentence

TIMEOUT = 2.0
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Reached:
    """One address: `problem` is empty when it answered."""

    row: Row
    milliseconds: float
    problem: str = ""

    @property
    def sentence(self) -> str:
        where = f"{self.row.host}:{self.row.port}"
        end = f"does not answer: {self.problem}" if self.problem else f"answers ({self.milliseconds:.0f} ms)"
        return f"{self.row.kind.value} {self.row.name} at {where} {end}"


def reach_all(rows: Iterable[Row]) -> tuple[Reached, ...]:
    """In the order of the rows."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return tuple(pool.map(reach, rows))


def reach(row: Row) -> Reached:
    """A connection to the port; TLS where it is spoken; where the server speaks HTTP, any answer to a GET."""
    began, files = monotonic(), tls_of(row.options)
    try:
        with socket.create_connection((row.host, row.port), timeout=TIMEOUT) as link:
            if files:
                files.context().wrap_socket(link, server_hostname=row.host).close()
        if row.url:
            requests.get(row.url, timeout=TIMEOUT, allow_redirects=False)
        problem = ""
    except TimeoutError:
        problem = f"nothing within {TIMEOUT:.0f} s"
    except (OSError, requests.RequestException) as error:
        problem = (files and sentence(error, files)) or _cause(error)
    return Reached(row, (monotonic() - began) * 1000, problem)


def _cause(error: Exception) -> str:
    """The innermost reason in a few words."""
    if isinstance(error, requests.Timeout):
        return f"no HTTP answer within {TIMEOUT:.0f} s"
    if isinstance(error, requests.RequestException):
        return "the port is open, but not for HTTP"
    return str(getattr(error, "strerror", None) or error).lower()
