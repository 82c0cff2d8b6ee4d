"""A proxy in front of one member's Patroni API that passes everything on, until it is told to be slow, to refuse, or to
lie: then each question that was asked before is answered as it was then, and nothing that is sent arrives."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests


class Fault(Enum):
    NONE = "it passes everything on"
    SLOW = "it answers seconds later"
    REFUSING = "it closes every connection"
    STALE = "it says what was so before, and swallows what is sent"


SLOW_SECONDS = 4.0


class Proxy:
    """`url` is what is registered for the member in place of `behind`."""

    def __init__(self, behind: str) -> None:
        self.behind, self.fault = behind.rstrip("/"), Fault.NONE
        self.told: dict[str, tuple[int, bytes]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
        """None: the connection is closed without one."""
        if self.fault is Fault.REFUSING:
            return None
        if self.fault is Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        if self.fault is Fault.STALE:
            return self.told.get(path) if method == "GET" else (503, b"Switchover failed")
        said = requests.request(method, self.behind + path, data=body, headers=headers, timeout=60)
        if method == "GET":
            self.told[path] = (said.status_code, said.content)
        return said.status_code, said.content


@contextmanager
def proxy(behind: str) -> Iterator[Proxy]:
    made = Proxy(behind)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join(60)


def _handler(made: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            kept = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
            said = made.answer(self.command, self.path, self.rfile.read(length), kept)
            if said is None:
                self.close_connection = True
                return
            status, content = said
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            with suppress(ConnectionError):  # who asked did not wait for it
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PATCH = _pass_on

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the test says what is wrong."""

    return Handler
