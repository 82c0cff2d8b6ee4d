"""`manage.py changelog`: sentences, JSON and exit codes."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from novaops.audit import signing, standalone
from novaops.audit.models import Record
from novaops.audit.signing import Key
from novaops.fleets.models import Fleet
from tests.audit.conftest import tamper, write
from tests.audit.verifier import run

FLEET = {"fleet": "alpha"}


def said(capsys: pytest.CaptureFixture[str], *words: object, **options: Any) -> str:
    call_command("changelog", *map(str, words), **options)
    return capsys.readouterr().out


def test_a_checkpoint_is_made_and_carried_outside(
    in_fleet: Fleet, key: Key, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(2)
    facts = json.loads(said(capsys, "checkpoint", json=True, **FLEET))
    assert facts["number"] == 1 and facts["key"] == key.public and facts["delivered"] == 1
    assert Record.objects.filter(verb="checkpoint asked for", actor="command line").exists()
    copy = outside / "alpha-checkpoints.jsonl"
    assert said(capsys, "checkpoints", **FLEET).encode() == copy.read_bytes()
    assert f"prove it up to record {facts['sequence']}" in said(capsys, "verify", checkpoints=[copy], **FLEET)


def test_a_copy_that_does_not_fit(
    as_control_owner: None, in_fleet: Fleet, key: Key, outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(2)
    said(capsys, "checkpoint", **FLEET)
    tamper("DELETE FROM audit_checkpoint")
    copy = outside / "alpha-checkpoints.jsonl"
    with pytest.raises(SystemExit) as ended:
        said(capsys, "verify", checkpoints=[copy], json=True, **FLEET)
    facts = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1 and not facts["whole"] and facts["first_bad_record"] == 1
    assert "does not hold checkpoint 1 in" in facts["problem"]


@pytest.mark.parametrize("words", [["--csv"], []])
def test_an_export_is_what_the_verifier_takes(
    in_fleet: Fleet, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    write(3)
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", out)
    call_command("changelog", "export", *words, "--fleet", "alpha", "--verb", "counted", "--text", "is 2")
    (tmp_path / "export").write_bytes(out.buffer.getvalue())
    outcome = run(tmp_path / "export", "--key", key.public)
    assert outcome.code == 0 and outcome.said["records"] == 1 and outcome.said["first"] == 3
    exported = Record.objects.get(verb="change log exported")
    assert exported.actor == "command line" and exported.data["filters"] == {"verb": "counted", "text": "is 2"}


def test_keys_are_made_introduced_and_shown(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    first = json.loads(said(capsys, "new-key", old, json=True))
    second = json.loads(said(capsys, "new-key", new, introduced_by=old, json=True))
    assert (first["introduced"], second["introduced"]) == (False, True)
    assert signing.introduced(signing.load(new).introduction) == (first["key"], second["key"])
    settings.CHECKPOINT_KEY_FILE = str(new)
    assert second["key"] in said(capsys, "public-key") and first["key"] in said(capsys, "public-key", old)
    assert "BEGIN PUBLIC KEY" in said(capsys, "public-key")


def test_the_verifier_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "verifier") == standalone.text()


@pytest.mark.parametrize(
    ("words", "options", "problem"),
    [
        (["verify"], {"fleet": "gamma"}, "There is no fleet 'gamma'"),
        (["verify"], {"fleet": ""}, "There is no fleet ''"),
        (["verify"], {**FLEET, "checkpoints": [Path("/nowhere")]}, "/nowhere cannot be read: No such file"),
        (["checkpoint"], FLEET, "NOVAOPS_CHECKPOINT_KEY_FILE is not set"),
        (["public-key"], {}, "NOVAOPS_CHECKPOINT_KEY_FILE is not set"),
        (["public-key", "/nowhere"], {}, "cannot be read: No such file"),
        (["new-key"], {}, "Say where the new key is to be written"),
        (["new-key", "/nowhere/key"], {}, "cannot be made: No such file"),
    ],
)
def test_what_cannot_be_done(
    fleet: Fleet, settings: Settings, words: list[str], options: dict[str, Any], problem: str
) -> None:
    settings.CHECKPOINT_KEY_FILE = ""
    with pytest.raises(CommandError, match=problem) as refused:
        call_command("changelog", *words, **options)
    assert refused.value.returncode == 2
