"""Places outside the database: each gets every checkpoint, in order, whatever happens to it meanwhile."""

import json
import re
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django_tenants.utils import tenant_context
from pytest_django.fixtures import Settings

from novaops.audit import checkpoints
from novaops.audit.delivering import deliver
from novaops.audit.models import Checkpoint, Delivery
from novaops.audit.signing import Key
from novaops.audit.sinks import sink_at
from novaops.audit.statements import read
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from tests.audit.conftest import tamper, write
from tests.audit.places import listening, received, web


def make(count: int = 1) -> None:
    for _ in range(count):
        write(2)
        checkpoints.make()


def numbers(path: Path) -> list[int]:
    return [read(line).statement.number for line in path.read_bytes().splitlines()]


def test_a_file_gets_each_once_and_in_order(in_fleet: Fleet, key: Key, outside: Path) -> None:
    path = outside / "alpha-checkpoints.jsonl"
    make(2)
    assert deliver(timezone.now()) == 2 and deliver(timezone.now()) == 0
    make()
    assert deliver(timezone.now()) == 1
    assert numbers(path) == [1, 2, 3] and path.stat().st_mode & 0o777 == 0o640
    assert all(read(line).signed for line in path.read_bytes().splitlines())
    verdict = verify([path])
    assert verdict.whole and verdict.copies == 3 and verdict.proven == verdict.records


def test_fleets_have_files_of_their_own(
    in_fleet: Fleet, other_fleet: Fleet, key: Key, outside: Path, settings: Settings
) -> None:
    make()
    deliver(timezone.now())
    with tenant_context(other_fleet):
        make()
        deliver(timezone.now())
        assert not verify([outside / "alpha-checkpoints.jsonl"]).whole
    assert sorted(path.name for path in outside.iterdir()) == ["alpha-checkpoints.jsonl", "beta-checkpoints.jsonl"]


@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_a_line_that_a_crash_cut_off_spoils_no_other(in_fleet: Fleet, key: Key, outside: Path, kept: int) -> None:
    """The worker died while it wrote checkpoint 2, and so before it remembered that it had."""
    path = outside / "alpha-checkpoints.jsonl"
    make(2)
    deliver(timezone.now())
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    Delivery.objects.update(delivered=1, next_at=timezone.now())
    make()
    assert deliver(timezone.now()) == 2
    verdict = verify([path])
    assert verdict.whole and verdict.copies == 3 and path.read_bytes().endswith(b"}\n")


def test_what_was_written_twice_does_no_harm(in_fleet: Fleet, key: Key, outside: Path) -> None:
    make(2)
    deliver(timezone.now())
    Delivery.objects.update(delivered=0, next_at=timezone.now())
    make()
    deliver(timezone.now())
    path = outside / "alpha-checkpoints.jsonl"
    assert numbers(path) == [1, 2, 1, 2, 3] and verify([path]).copies == 3


def test_a_file_that_cannot_be_written(in_fleet: Fleet, key: Key, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "outside").write_text("A file stands where the folder should be.")
    settings.CHECKPOINT_SINKS = [f"file:{tmp_path}/outside"]
    make()
    assert deliver(timezone.now()) == 0
    state = Delivery.objects.get()
    assert "cannot be written" in state.problem and state.since and state.delivered == 0


def test_syslog_has_it_in_the_form_of_rfc_5424(in_fleet: Fleet, key: Key, settings: Settings, tmp_path: Path) -> None:
    make()
    with (
        listening(socket.SOCK_DGRAM) as udp,
        listening(socket.SOCK_STREAM) as tcp,
        listening(socket.SOCK_DGRAM, tmp_path / "log") as local,
        listening(socket.SOCK_STREAM, tmp_path / "stream") as stream,
    ):
        settings.CHECKPOINT_SINKS = [
            f"syslog:udp://127.0.0.1:{udp.getsockname()[1]}",
            f"syslog:tcp://127.0.0.1:{tcp.getsockname()[1]}",
            f"syslog:unix://{tmp_path}/log",
            f"syslog:unix://{tmp_path}/stream",
        ]
        assert deliver(timezone.now()) == 4
        by_udp, by_tcp, by_path, by_stream = (received(listener) for listener in (udp, tcp, local, stream))
    length, _, framed = by_tcp.partition(b" ")
    assert int(length) == len(framed) and by_udp == framed == by_path == by_stream.removesuffix(b"\n")
    assert len(by_udp) < 2048
    assert re.match(rb"<109>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ novaops \d+ checkpoint - \{", by_udp)
    assert read(by_udp.partition(b" - ")[2]).signed


def test_a_webhook_that_is_down_gets_all_when_it_is_back(in_fleet: Fleet, key: Key, settings: Settings) -> None:
    now = timezone.now()
    with web() as server:
        port, settings.CHECKPOINT_SINKS = server.server_port, [server.address]
        server.status = 500
        make()
        assert deliver(now) == 0
        state = Delivery.objects.get()
        assert "500" in state.problem and state.attempts == 1
    make()
    deliver(now + timedelta(seconds=1))
    assert Delivery.objects.get().attempts == 1, "it is asked again only after a pause"
    deliver(timezone.now() + timedelta(seconds=11))
    state = Delivery.objects.get()
    assert "does not answer" in state.problem and state.attempts == 2 and state.since
    with web(port) as server:
        assert deliver(timezone.now() + timedelta(hours=1)) == 2
        lines = [read(body) for body in server.posted]
    assert [line.statement.number for line in lines] == [1, 2] and all(line.signed for line in lines)
    state = Delivery.objects.get()
    assert (state.problem, state.since, state.attempts, state.delivered) == ("", None, 0, 2)


def test_a_redirect_is_no_receipt(in_fleet: Fleet, key: Key, settings: Settings) -> None:
    with web() as server:
        settings.CHECKPOINT_SINKS, server.status = [server.address], 302
        make()
        assert deliver(timezone.now()) == 0 and "302" in Delivery.objects.get().problem


def test_a_place_that_refuses_keeps_no_other(in_fleet: Fleet, key: Key, outside: Path, settings: Settings) -> None:
    settings.CHECKPOINT_SINKS = ["http://127.0.0.1:1/", *settings.CHECKPOINT_SINKS]
    make()
    assert deliver(timezone.now()) == 1
    assert numbers(outside / "alpha-checkpoints.jsonl") == [1]


def test_pauses_grow(in_fleet: Fleet, key: Key, settings: Settings) -> None:
    settings.CHECKPOINT_SINKS = ["http://127.0.0.1:1/"]
    make()
    pauses = []
    for _ in range(8):
        Delivery.objects.update(next_at=timezone.now())
        deliver(timezone.now())
        pauses.append(round((Delivery.objects.get().next_at - timezone.now()).total_seconds()))
    assert pauses == sorted(pauses) and pauses[0] == 10 and pauses[-1] == 600


def test_whoever_delivers_has_the_place_to_itself(in_fleet: Fleet, key: Key, outside: Path) -> None:
    make()
    Delivery.objects.create(sink=f"file:{outside}", next_at=timezone.now() + timedelta(seconds=60))
    assert deliver(timezone.now()) == 0 and not outside.exists()


def test_a_restored_database_sends_what_it_makes_anew(
    as_control_owner: None, in_fleet: Fleet, key: Key, outside: Path
) -> None:
    make(3)
    deliver(timezone.now())
    tamper("DELETE FROM audit_checkpoint WHERE number > 1", "DELETE FROM audit_record WHERE sequence > 3")
    tamper("UPDATE audit_head SET sequence = 3, hash = (SELECT hash FROM audit_record WHERE sequence = 3)")
    deliver(timezone.now())
    make()
    deliver(timezone.now())
    path = outside / "alpha-checkpoints.jsonl"
    assert numbers(path) == [1, 2, 3, 2]
    verdict = verify([path])
    assert verdict.sequence == 4 and "Records 4 to 5 are not what checkpoint 2 in " in verdict.problem


def test_names_hold_no_secret() -> None:
    assert sink_at("https://me:hush@hooks.example:8443/in?token=hush").name == "https://hooks.example:8443/in"
    assert sink_at("file:///var/log/novaops").name == sink_at("file:/var/log/novaops").name == "file:/var/log/novaops"


@pytest.mark.parametrize("address", ["", "file:relative", "syslog:514", "syslog:udp://", "ftp://x/y", "https://"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NOVAOPS_CHECKPOINT_SINKS"):
        sink_at(address)


def test_a_checkpoint_and_the_one_before_it_prove_that_nothing_was_rewritten_between(
    in_fleet: Fleet, key: Key, outside: Path
) -> None:
    make(3)
    deliver(timezone.now())
    lines = (outside / "alpha-checkpoints.jsonl").read_text().splitlines()
    frontiers = [one.frontier for one in Checkpoint.objects.order_by("number")]
    assert [json.loads(line)["consistency"]["before"] for line in lines] == [[], *frontiers[:-1]]
