"""What a person types."""

import json
from pathlib import Path

import pytest

from novaops.sandbox.__main__ import main, words_with_command
from novaops.sandbox.child import LOG_KEPT, LOG_LIMIT, Child
from novaops.sandbox.spec import Spec, Stage


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ([], ["up"]),
        (["--detach", "--shards", "3"], ["up", "--detach", "--shards", "3"]),
        (["--state", "/x", "--quiet"], ["--state", "/x", "up", "--quiet"]),
        (["status", "--json"], ["status", "--json"]),
        (["--state", "/x", "stop"], ["--state", "/x", "stop"]),
        (["--help"], ["--help"]),
    ],
)
def test_up_is_what_no_command_means(typed: list[str], meant: list[str]) -> None:
    assert words_with_command(typed) == meant


def test_status_of_nothing_is_a_sentence_and_valid_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--state", str(tmp_path), "status"])
    assert main() == 3
    assert capsys.readouterr().out == "Nothing is running.\n"
    monkeypatch.setattr("sys.argv", ["demo", "--state", str(tmp_path), "status", "--json"])
    assert main() == 3
    assert json.loads(capsys.readouterr().out)["processes"] == []


def test_the_log_of_something_unknown_lists_the_known_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "etcd-1.log").touch()
    monkeypatch.setattr("sys.argv", ["demo", "--state", str(tmp_path), "logs", "../../etc/passwd"])
    assert main() == 1
    assert capsys.readouterr().err == "Name one of: etcd-1.\n"


def test_a_log_that_grew_too_long_keeps_its_end_beside_it(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"x" * LOG_LIMIT + b"the end")
    Child(Spec("server", (), tmp_path, Stage.EDGE, ready=lambda: None), log).trim_log()
    assert log.stat().st_size == 0
    kept = (tmp_path / "server.log.1").read_bytes()
    assert kept.endswith(b"the end")
    assert len(kept) == LOG_KEPT
