"""Connections break: what was asked for is asked again with the same key, and a watch goes on."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.cli.client import Client
from novaops.cli.exits import ExitCode
from novaops.cli.problems import Problem, Unreachable
from novaops.cli.settings import Settings
from novaops.fleets.models import Fleet
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from tests.api.conftest import MakeProgram
from tests.cli.conftest import SERVER, Commands, MakeDesk
from tests.cli.test_commands import PHRASE, request
from tests.live.console import console
from tests.waiting import wait_for

Planned = Callable[..., Operation]
TOKEN = "novaops_alpha_7_" + "a" * 64


class Wire:
    """Stands between the command line and the console, and cuts the first connections after the console worked."""

    def __init__(self, beyond: str, cuts: int) -> None:
        self.beyond, self.cuts = urlsplit(beyond), cuts
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection((self.beyond.hostname, self.beyond.port)) as far:
            threading.Thread(target=self._copy, args=(near, far), daemon=True).start()
            while answer := far.recv(65536):
                if self.cuts:
                    self.cuts -= 1
                    near.shutdown(socket.SHUT_RDWR)
                    return  # the console has done it, and nobody hears
                near.sendall(answer)

    def _copy(self, near: socket.socket, far: socket.socket) -> None:
        try:
            while said := near.recv(65536):
                far.sendall(said)
            far.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@contextmanager
def wire(beyond: str, cuts: int) -> Iterator[Wire]:
    found = Wire(beyond, cuts)
    threading.Thread(target=found.serve, daemon=True).start()
    yield found
    found.server.close()


@contextmanager
def answering(raw: bytes) -> Iterator[Client]:
    """A client of a server that says this to everything."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return
            with near:
                near.recv(65536)
                near.sendall(raw)

    threading.Thread(target=serve, daemon=True).start()
    address = f"http://127.0.0.1:{server.getsockname()[1]}"
    yield Client(Settings(address, "alpha", TOKEN), lambda sentence: None, patience=0.3)
    server.close()


def http(status: str, headers: str = "", body: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n{body}".encode()


@pytest.mark.django_db(transaction=True)
def test_a_request_whose_answer_was_lost_or_that_is_repeated_is_made_once(
    fleet: Fleet, program: MakeProgram, desk: MakeDesk, folder: Path
) -> None:
    with desk(program("operator")) as found, wire(found.console.address, cuts=3) as cut:
        novaops = Commands(cut.address, found.commands.home, found.commands.token)
        planned = novaops(*request(folder, "--json"))
        assert planned.code == 0 and cut.cuts == 0 and "Trying again" in planned.err
        cut.cuts = 1
        assert novaops("run", str(planned.said["id"]), *PHRASE, "--json").said["status"] == "queued"

        nightly = request(folder, *PHRASE, "--key", "nightly-2026-11-24", "--json")
        first, again = novaops(*nightly).said, novaops(*nightly).said
        assert first == again and first["status"] == "queued"
        assert novaops(*request(folder, "--key", "nightly-2026-11-24", "--ticket", "other")).code == 2
    with tenant_context(fleet):
        assert Operation.objects.count() == 2
        assert Record.objects.filter(verb="operation confirmed").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_watch_ends_with_ctrl_c_and_survives_a_console_that_is_killed(
    fleet: Fleet, program: MakeProgram, desk: MakeDesk, planned: Planned, folder: Path
) -> None:
    number = planned().pk
    with desk(program("operator")) as found:
        novaops: Commands = found.commands
        assert novaops("run", str(number), *PHRASE).code == 0
        for deaf in (False, True):
            left = novaops.start("watch", str(number), deaf=deaf)
            assert left.stdout and "is queued" in left.stdout.readline()
            left.send_signal(signal.SIGINT)
            assert f"novaops watch {number}" in left.communicate(timeout=120)[1] and left.returncode == 8
        watching = novaops.start("watch", str(number))
        assert watching.stdout and "is queued" in watching.stdout.readline()
        found.console.process.kill()
        found.console.process.wait(timeout=60)
        assert watching.stderr and "does not answer" in watching.stderr.readline()
        with tenant_context(fleet):
            execute(number)
        port = urlsplit(found.console.address).port or 0
        with console(SERVER, port):
            out, err = watching.communicate(timeout=120)
    assert watching.returncode == 0 and "3. Write third: done" in out and "answers again" in err


def test_nobody_there(free: int) -> None:
    client = Client(Settings(f"http://127.0.0.1:{free}", "alpha", TOKEN), lambda sentence: None, patience=0.1)
    with pytest.raises(Unreachable, match="does not answer") as problem:
        client.get("me")
    assert problem.value.code == ExitCode.UNREACHABLE


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("raw", "code", "why"),
    [
        (http("301 Moved", "Location: https://elsewhere/\r\n"), 9, "use https://elsewhere/"),
        (http("401 Unauthorized", body='{"detail": "The token is wrong."}'), 9, "The token is wrong."),
        (http("429 Too Many", body='{"detail": "Too many."}'), 9, "Too many."),
        (http("500 Oops", body="<h1>"), 9, "answered 500"),
        (http("200 OK", body="<html>"), 9, "does not speak NovaOps' API"),
        (http("404 Not Found", body="[]"), 2, "answered 404"),
        (http("403 No", body='{"detail": "No right."}'), 3, "No right."),
        (b"garbage\r\n\r\n", 9, "does not answer"),
        (http("303 See", "Location: http://elsewhere.example/fleets/alpha/api/me\r\n"), 9, "sends elsewhere"),
    ],
)
def test_odd_answers_are_sentences(raw: bytes, code: int, why: str) -> None:
    with answering(raw) as client, pytest.raises(Problem, match=why) as problem:
        client.get("me")
    assert problem.value.code == code


def test_an_export_that_breaks_off_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("before")
    raw = http("200 OK", body="x" * 10).replace(b"Content-Length: 10", b"Content-Length: 1000")
    with answering(raw) as client:
        novaops = Commands(client.settings.url, tmp_path, TOKEN)
        ended = novaops("export", "log")
    assert ended.code == 9 and "broke off" in ended.err
    assert (tmp_path / "log").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_netrc_does_not_take_the_tokens_place(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            near, _ = server.accept()
            with near:
                heard.append(near.recv(65536))
                near.sendall(http("403 No", body='{"detail": "No."}'))

        threading.Thread(target=serve, daemon=True).start()
        assert Commands(f"http://127.0.0.1:{server.getsockname()[1]}", tmp_path, TOKEN)("me").code == 3
    wait_for(lambda: heard, "the request")
    assert f"Authorization: Bearer {TOKEN}".encode() in heard[0]
