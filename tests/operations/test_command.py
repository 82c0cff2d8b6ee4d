"""The same road from the command line, and exit codes that scripts can use."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

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
