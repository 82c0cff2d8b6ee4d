"""Places outside, as their servers hear what they get: a web server and syslog daemons on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Web(ThreadingHTTPServer):
    """Remembers what was posted; answers with `status`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.posted: list[bytes] = []
        self.status = 204

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/checkpoints"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Web)
        if self.server.status < 300:
            self.server.posted.append(body)
        self.send_response(self.server.status)
        self.send_header("Location", self.path)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def web(port: int = 0) -> Iterator[Web]:
    with Web(port) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def listening(kind: socket.SocketKind, path: Path | None = None) -> Iterator[socket.socket]:
    """A socket that waits for messages: UDP or TCP on loopback, or at a path."""
    with socket.socket(socket.AF_UNIX if path else socket.AF_INET, kind) as listener:
        listener.bind(str(path) if path else ("127.0.0.1", 0))
        listener.settimeout(10)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        yield listener


def received(listener: socket.socket) -> bytes:
    """All of the next message."""
    if listener.type == socket.SOCK_DGRAM:
        return listener.recv(65536)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(10)
        return b"".join(iter(lambda: connection.recv(4096), b""))
