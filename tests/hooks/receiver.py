"""A real receiver of webhooks on loopback: it keeps what it was sent, and answers as it is told to."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """`answers` are used up one by one: a status, or something that does as it likes; then it is 200."""

    port: int
    requests: list[Request] = field(default_factory=list)
    answers: deque[int | Answer] = field(default_factory=deque)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in?token=s3cret"

    @property
    def ids(self) -> list[str]:
        return [request.id for request in self.requests]


def answer(status: int, **headers: str) -> Answer:
    """`answer(503, retry_after="120")`."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return say


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = receiver.answers.popleft() if receiver.answers else 200
        receiver.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        (told if callable(told) else answer(told))(self)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up is no error here."""


@contextmanager
def receiving(wrap: Callable[[Any], Any] | None = None) -> Iterator[Receiver]:
    """`wrap` makes a TLS socket of the listening one."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if wrap:
        server.socket = wrap(server.socket)
    server.receiver = Receiver(server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.receiver
    server.shutdown()
    server.server_close()
