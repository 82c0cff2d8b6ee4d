"""The same road from the command line, and exit codes that scripts can use."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from novaops.fleets.models import Fleet, Person
from novaops.operations import registry
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned


def run(*words: str, fleet: Fleet) -> tuple[int, Any]:
    out = StringIO()
    try:
        call_command("operation", *words, "--fleet", fleet.slug, "--json", stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_request_confirm_show_list(in_fleet: Fleet, operator: Person, folder: Path) -> None:
    said = ["--by", operator.username, "--reason", "Because.", "--set", f"folder={folder}"]
    code, shown = run("request", "writing", *said, "--confirm", "shard-1 blue", fleet=in_fleet)
    assert (code, shown["status"], len(shown["steps"])) == (0, "queued", 3)
    execute(shown["id"])
    code, shown = run("watch", str(shown["id"]), fleet=in_fleet)
    assert (code, shown["status"], shown["outcome"]) == (0, "done", "Wrote third.")
    assert run("list", fleet=in_fleet)[1][0]["status"] == "done"
    assert run("kinds", fleet=in_fleet)[1][0]["parameters"] == ["folder", "mishap", "shard"]


def test_each_ending_has_its_exit_code(queued: Planned, in_fleet: Fleet, operator: Person, folder: Path) -> None:
    def code_of(**parameters: str) -> int:
        operation = queued(**parameters)
        execute(operation.pk)
        return run("show", str(operation.pk), fleet=in_fleet)[0]

    assert (code_of(mishap="never-works"), code_of(mishap="defect")) == (4, 5)
    waiting = queued()
    assert run("cancel", str(waiting.pk), "--by", operator.username, fleet=in_fleet)[1]["status"] == "cancelled"
    assert run("show", str(waiting.pk), fleet=in_fleet)[0] == 6
    assert run("watch", str(queued().pk), "--timeout", "0", fleet=in_fleet)[0] == 8
    kinds.prepare(folder, blocked=True)
    said = ["--by", operator.username, "--reason", "Because.", "--set", f"folder={folder}"]
    assert run("request", "writing", *said, "--yes", fleet=in_fleet)[0] == 3


def test_refusals_are_sentences(in_fleet: Fleet, person: MakePerson, operator: Person, folder: Path) -> None:
    viewer, words = person("viewer"), ["--reason", "x", "--set", f"folder={folder}"]
    for said, code, sentence in (
        (["--by", viewer.username, *words], 3, "needs the right"),
        (["--by", "nobody-here", *words], 2, "There is no person"),
        (["--by", operator.username, "--set", "folder"], 2, "NAME=VALUE"),
        (["--by", operator.username, *words, "--confirm", "yes"], 3, "Type exactly"),
    ):
        with pytest.raises(CommandError, match=sentence) as refused:
            call_command("operation", "request", "writing", "--fleet", in_fleet.slug, *said)
        assert refused.value.returncode == code
    assert registry.kinds()


def test_decisions_of_other_people_from_the_command_line(
    in_fleet: Fleet, person: MakePerson, operator: Person, approver: Person, folder: Path
) -> None:
    by = ["--by", operator.username]
    words = [*by, "--reason", "Because.", "--set", f"folder={folder}", "--yes"]
    code, shown = run("request", "guarded", *words, fleet=in_fleet)
    assert (code, shown["status"], shown["waiting_for"]) == (0, "waiting", "the approval of one other person")
    said = ["--by", approver.username, "--comment", "Agreed."]
    shown = run("approve", str(shown["id"]), *said, fleet=in_fleet)[1]
    assert (shown["status"], shown["approvals"][0]["comment"]) == ("queued", "Agreed.")
    assert run("withdraw", str(shown["id"]), *said, fleet=in_fleet)[1]["status"] == "waiting"
    assert run("approve", str(shown["id"]), *said, fleet=in_fleet)[1]["status"] == "queued"
    execute(shown["id"])
    inverse = run("take-back", str(shown["id"]), *by, "--reason", "Back.", fleet=in_fleet)[1]
    assert (inverse["kind"], inverse["takes_back"]) == ("lending", shown["id"])
    rejected = run("request", "guarded", *words, fleet=in_fleet)[1]
    assert run("reject", str(rejected["id"]), *said, fleet=in_fleet)[1]["status"] == "rejected"
    assert run("show", str(rejected["id"]), fleet=in_fleet)[0] == 3


def test_a_time_and_an_emergency_from_the_command_line(
    in_fleet: Fleet, person: MakePerson, operator: Person, approver: Person, folder: Path
) -> None:
    words = ["--reason", "Because.", "--set", f"folder={folder}", "--yes"]
    day_after = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}T03:00"
    at = ["--at", day_after, "--time-zone", "Asia/Tokyo"]
    shown = run("request", "writing", "--by", operator.username, *words, *at, fleet=in_fleet)[1]
    assert (shown["status"], shown["time_zone"]) == ("scheduled", "Asia/Tokyo")
    assert datetime.fromisoformat(shown["due_at"]) == datetime.fromisoformat(f"{day_after}+09:00")
    oncall = person("on-call")
    glass = run("request", "guarded", "--by", oncall.username, *words, "--break-glass", fleet=in_fleet)[1]
    assert (glass["status"], glass["break_glass"], glass["approvals_needed"]) == ("queued", True, 0)
    execute(glass["id"])
    out = StringIO()
    call_command("operation", "show", str(glass["id"]), "--fleet", in_fleet.slug, stdout=out)
    assert "break-glass, acknowledged by nobody yet" in out.getvalue()
    said = ["--by", approver.username, "--comment", "Right."]
    assert run("acknowledge", str(glass["id"]), *said, fleet=in_fleet)[1]["acknowledged_by"] == approver.username
    with pytest.raises(CommandError, match="--at takes a time"):
        run("request", "writing", "--by", operator.username, *words, "--at", "soon", fleet=in_fleet)
