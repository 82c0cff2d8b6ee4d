"""What is looked at before anything starts."""

import os
import socket
from pathlib import Path

import pytest

from novaops.sandbox import binaries, preflight
from novaops.sandbox.layout import HOST, Layout
from novaops.sandbox.problems import SandboxError


def test_a_taken_port_is_named_with_the_server_that_wants_it_and_its_holder() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        [sentence] = preflight.taken_ports({port: "the console"})
    assert f"Port {port}, wanted by the console, is taken by" in sentence
    assert f"(pid {os.getpid()})" in sentence


def test_a_free_port_is_no_problem() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    assert preflight.taken_ports({port: "the console"}) == []


def test_available_memory_is_read_from_meminfo() -> None:
    text = "MemTotal:  8000000 kB\nMemFree:  100 kB\nMemAvailable:   2097152 kB\n"
    assert preflight.available_memory(text) == 2 * preflight.GIGABYTE


def test_too_little_memory_and_disk_are_sentences(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preflight, "MEMORY", 2**60)
    monkeypatch.setattr(preflight, "DISK", 2**60)
    memory, disk = preflight.too_little(tmp_path / "not" / "yet")
    assert memory.startswith("Too little memory: ")
    assert disk.startswith("Too little disk: ")


def test_shared_memory_that_is_absent_is_a_sentence_that_mends_it(tmp_path: Path) -> None:
    assert preflight.no_shared_memory(tmp_path) == []
    [sentence] = preflight.no_shared_memory(tmp_path / "shm")
    assert "mount -t tmpfs" in sentence


def test_a_missing_program_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PACKAGES", binaries.PACKAGES | {"no-such-server": "no-such-package"})
    with pytest.raises(SandboxError, match=r"Not installed: no-such-server \(package no-such-package\)"):
        binaries.find(Layout(tmp_path))


def test_data_of_a_postgresql_that_is_gone_is_never_opened_with_another(tmp_path: Path) -> None:
    data = Layout(tmp_path).data("control")
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(SandboxError, match="made with PostgreSQL 9"):
        binaries.find(Layout(tmp_path))
