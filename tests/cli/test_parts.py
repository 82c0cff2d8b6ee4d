"""What the command line is made of: settings, times, words, exit codes."""

import shlex
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from novaops.cli import settings, words
from novaops.cli.app import HELP
from novaops.cli.board import board
from novaops.cli.clock import moment
from novaops.cli.exits import MEANINGS, ExitCode, of_operation
from novaops.cli.problems import Problem
from novaops.cli.settings import Settings
from novaops.operations import console
from novaops.operations.choices import Status

TOKEN = "novaops_demo_7_" + "a" * 64


def shown(**more: Any) -> dict[str, Any]:
    """An operation as the API answers it."""
    names = ("title", "outcome", "reason", "ticket", "confirmed_by", "waiting_for", "acknowledged_by", "confirm")
    base = dict.fromkeys(names, "") | {"id": 7, "risk": "low", "status": "running", "state": "running"}
    lists: dict[str, Any] = {"approvals": [], "steps": [], "plan": {"blast": {"summary": "One folder."}}}
    rest = {"due_at": None, "expires_at": None, "break_glass": False, "ended": False, "fingerprint": "f" * 64}
    return {**base, **lists, **rest, "requested_by": "ana", "time_zone": "UTC", **more}


def step(**more: Any) -> dict[str, Any]:
    base = {"index": 0, "title": "Write", "status": "running", "done": 40, "total": 100, "rate": 12.0}
    return {**base, "seconds_left": 5.0, "note": "", "outcome": "", "error": "", **more}


def test_exit_codes_are_those_of_the_other_command_line() -> None:
    assert {code.name: code.value for code in console.ExitCode}.items() <= {c.name: c.value for c in ExitCode}.items()
    for status in Status:
        code = of_operation({"status": status.value})
        good = status in (Status.DONE, *(one for one in Status if not one.terminal))
        assert (code == ExitCode.OK) == good, status
    assert all(f"  {code.value}  {MEANINGS[code]}" in HELP for code in ExitCode)


def test_settings_are_stored_for_one_person_and_the_environment_goes_before(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = settings.home(environment)
    settings.save(Settings('https://one.example/"x"', "demo", TOKEN), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not settings.open_to_others(path)
    assert settings.load(environment).url == 'https://one.example/"x"'
    other = settings.load({**environment, "NOVAOPS_URL": "http://two:8000/", "NOVAOPS_FLEET": "other"})
    assert other == Settings("http://two:8000", "other", TOKEN) and other.readable_on_the_way
    assert list(path.parent.iterdir()) == [path], "nothing is left beside it"
    path.chmod(0o644)
    assert settings.open_to_others(path)


def test_the_fleet_is_the_tokens_own(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "NOVAOPS_URL": "https://one.example", "NOVAOPS_TOKEN": TOKEN}
    assert settings.load(environment).fleet == "demo"


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ("", "NOVAOPS_URL and NOVAOPS_TOKEN"),
        (f'url = "ftp://x"\ntoken = "{TOKEN}"', "no address of a console"),
        ('url = "https://x"\ntoken = "hunter2"', "That is no token"),
        ("url = [", "cannot be read"),
    ],
)
def test_what_is_missing_or_wrong_is_said_without_the_token(tmp_path: Path, stored: str, why: str) -> None:
    path = settings.home({"HOME": str(tmp_path)})
    path.parent.mkdir(parents=True)
    path.write_text(stored)
    with pytest.raises(Problem, match=why) as problem:
        settings.load({"HOME": str(tmp_path)})
    assert problem.value.code == ExitCode.INVALID and "hunter2" not in str(problem.value)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-07-01 03:00", "Europe/Berlin", "2026-07-01T03:00:00+02:00"),
        ("2026-12-01T03:00", "Europe/Berlin", "2026-12-01T03:00:00+01:00"),
        ("2026-12-01T03:00-05:00", "Europe/Berlin", "2026-12-01T03:00:00-05:00"),
        ("2026-12-01", "UTC", "2026-12-01T00:00:00+00:00"),
        ("", "UTC", None),
    ],
)
def test_times_are_read_on_the_clock_that_was_named(text: str, zone: str, expected: str | None) -> None:
    found = moment(text, zone)
    assert found == expected and (found is None or datetime.fromisoformat(found).tzinfo)


@pytest.mark.parametrize(("text", "zone"), [("soon", "UTC"), ("2026-12-01", "Mars/Base"), ("2026-12-01", "../etc")])
def test_what_is_no_time_is_said(text: str, zone: str) -> None:
    with pytest.raises(Problem, match="is no time"):
        moment(text, zone)


def test_nothing_from_outside_steers_a_terminal() -> None:
    evil = "red\x1b[31m\x07 \u202etxt"
    lines = [*words.operation(shown(title=evil, reason=evil, outcome=evil)), *words.operations([])]
    lines += list(words.table([(evil, "ok", None)]))
    text = "".join(part for line in lines for part, _ in line)
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text and "red\N{REPLACEMENT CHARACTER}" in text


def test_what_can_be_done_next_can_be_pasted_into_a_shell() -> None:
    phrase = "it's; rm -rf $HOME"
    lines = words.operation(shown(status="planned", confirm=phrase, expires_at="2026-11-24T18:00:00Z"))
    last = "".join(part for part, _ in list(lines)[-1])
    assert "2026-11-24 18:00 UTC" in last
    assert shlex.split(last.partition(": novaops ")[2]) == ["run", "7", "--confirm", phrase]


def test_progress_is_told_with_rate_and_time_left() -> None:
    assert words.progress(step()) == "40 of 100 (12/s, 5 s left)"
    assert words.progress(step(total=None, note="Waiting")) == "Waiting"
    assert [words.seconds(one) for one in (5, 600, 7200)] == ["5 s", "10 min", "2.0 h"]


def test_the_board_has_a_bar_where_it_can_be_counted() -> None:
    steps = [step(title="First", status="done", outcome="Wrote it."), step(title="Second", index=1)]
    screen = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    screen.print(board(shown(steps=steps, waiting_for="one other person")))
    text = screen.export_text()
    assert "✓ First" in text and "Wrote it." in text
    assert "━" in text and "40 of 100 (12/s, 5 s left)" in text and "waits for one other person" in text
