"""Asking the running supervisor to stop, start, kill or pause one process, over a Unix socket."""

import contextlib
import json
import os
import signal
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from novaops.sandbox import records
from novaops.sandbox.layout import Layout
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.records import Record
from novaops.sandbox.supervisor import Supervisor

SOCKET = "control.sock"
LONGEST = 120.0


class Client:
    """For tests and the command line. Every call waits until it is done, and raises SandboxError when it is not."""

    def __init__(self, state: Path) -> None:
        self.layout = Layout(state.resolve())

    def stop(self, name: str) -> None:
        """Gracefully; it stays down until `start`."""
        self._ask("stop", name)

    def start(self, name: str) -> None:
        """Start it and wait until it answers."""
        self._ask("start", name)

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def kill(self, name: str, number: int = signal.SIGKILL, tree: bool = False) -> None:
        """Signal the process alone, or with `tree` its descendants and PostgreSQL server too. It is restarted."""
        self._ask("kill", name, number=int(number), tree=tree)

    def pause(self, name: str, tree: bool = True) -> None:
        """SIGSTOP: it keeps its ports and answers nothing, until `resume`."""
        self._ask("pause", name, tree=tree)

    def resume(self, name: str) -> None:
        self._ask("resume", name)

    def status(self) -> dict[str, Record]:
        """What is known of each process, by name."""
        return {record.name: record for record in records.read(self.layout.records).records}

    def _ask(self, verb: str, name: str, **options: object) -> None:
        request = json.dumps({"verb": verb, "name": name} | options).encode() + b"\n"
        try:
            with _reachable(self.layout) as path, socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(LONGEST)
                connection.connect(path)
                connection.sendall(request)
                answer = connection.makefile().readline()
        except OSError as error:
            raise SandboxError(f"The sandbox in {self.layout.state} is not running ({error}).") from error
        if answer != "\n":
            raise SandboxError(json.loads(answer)["error"] if answer else "The supervisor ended without an answer.")


def serve(supervisor: Supervisor) -> None:
    """Answer on the socket from a thread of its own, for as long as the process lives."""
    socket_file = supervisor.layout.state / SOCKET
    socket_file.unlink(missing_ok=True)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = json.loads(self.rfile.readline() or b"{}")
            with contextlib.suppress(BrokenPipeError):
                self.wfile.write(_answer(supervisor, request))

    with _reachable(supervisor.layout) as path:
        server = socketserver.ThreadingUnixStreamServer(path, Handler)
    server.daemon_threads = True
    socket_file.chmod(0o600)
    threading.Thread(target=server.serve_forever, daemon=True, name="control").start()


def _answer(supervisor: Supervisor, request: dict[str, Any]) -> bytes:
    """An empty line when done, else a JSON object with the error."""
    verbs: dict[str, Callable[[str], None]] = {
        "stop": supervisor.stop,
        "start": supervisor.start,
        "kill": lambda name: supervisor.kill(name, signal.Signals(request["number"]), request["tree"]),
        "pause": lambda name: supervisor.pause(name, request["tree"]),
        "resume": supervisor.resume,
    }
    try:
        verbs[request["verb"]](request["name"])
    except SandboxError as error:
        return json.dumps({"error": str(error)}).encode() + b"\n"
    return b"\n"


@contextlib.contextmanager
def _reachable(layout: Layout) -> Iterator[str]:
    """A short path of the socket: Unix sockets allow about 100 characters, state folders may lie deeper."""
    folder = os.open(layout.state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)
