"""The command line as people and scripts use it, against a real console."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import Risk
from novaops.operations.models import Operation
from novaops.operations.policies import Rule, set_rule
from novaops.operations.runner import execute
from tests.api.conftest import MakeProgram
from tests.cli.conftest import Commands, MakeDesk
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.waiting import wait_for

REQUEST = ("request", "writing", "--reason", "To see it written.")
PHRASE = ("--confirm", "shard-1 blue")


def request(folder: Path, *more: str) -> list[str]:
    return [*REQUEST, "--set", f"folder={folder}", *more]


def status_of(fleet: Fleet, number: int) -> str:
    with tenant_context(fleet):
        return str(Operation.objects.get(pk=number).status)


def run(fleet: Fleet, number: int) -> None:
    with tenant_context(fleet):
        execute(number)


@pytest.mark.django_db(transaction=True)
def test_from_the_sign_in_to_the_export(fleet: Fleet, program: MakeProgram, desk: MakeDesk, folder: Path) -> None:
    who = program("operator")
    with desk(who) as found:
        novaops = Commands(found.console.address, found.commands.home)
        assert novaops("me").code == 2 and "novaops login" in novaops("me").err
        signed_in = novaops("login", "--url", novaops.address, told=f"{who.text}\n")
        stored = novaops.home / ".config" / "novaops" / "config.toml"
        assert (signed_in.code, stat.S_IMODE(stored.stat().st_mode)) == (0, 0o600)
        assert "operator-alpha" in signed_in.out and who.text not in signed_in.out + signed_in.err
        assert novaops("me", "--json").said["rights"] == who.get("me").json()["rights"]
        assert {kind["name"] for kind in novaops("kinds", "--json").said["kinds"]} >= {"lending", "writing"}
        assert "--set folder=  Where it writes. (required)" in novaops("kinds", "writing").out

        preview = ("preview", "writing", "--set", f"folder={folder}")
        text = novaops(*preview).out
        for part in ("ok  This would be done", "passed  Free: The folder is free.", "2. Write second"):
            assert part in text
        assert novaops(*preview, "--json").said["plan"]["confirm"] == "shard-1 blue"
        assert novaops("operations").out == "No operation.\n"
        planned = novaops(*request(folder, "--ticket", "CHG-1", "--json"))
        number = str(planned.said["id"])
        assert (planned.code, planned.said["status"], planned.said["ticket"]) == (0, "planned", "CHG-1")
        text = novaops("plan", number).out
        for part in ("passed  Free: The folder is free.", "touches: One folder.", "2. Write second", "novaops run"):
            assert part in text
        assert planned.said["fingerprint"] in text
        asked = novaops("run", number)
        assert asked.code == 2 and "--confirm 'shard-1 blue'" in asked.err
        wrong = novaops("run", number, "--confirm", "yes", "--json")
        assert (wrong.code, wrong.said["error"]["status"]) == (3, 409) and "Type exactly" in wrong.err

        running = novaops.start("run", number, *PHRASE, "--watch")
        wait_for(lambda: status_of(fleet, int(number)) == "queued", "the confirmation")
        run(fleet, int(number))
        out, err = running.communicate(timeout=60)
        assert running.returncode == 0, err
        assert "2. Write second: done - Wrote second." in out and "\x1b" not in out
        assert kinds.effects(folder) == list(kinds.STEPS)
        assert novaops("watch", number, "--json").said["outcome"] == "Wrote third."
        assert "done" in novaops("operations", "--kind", "writing").out

        assert novaops("verify", "--json").said["whole"]
        lines = novaops("changes", "list", "--subject", f"operation:{number}", "--json").said["changes"]
        assert {"operation requested", "operation confirmed", "operation done"} <= {one["verb"] for one in lines}
        record = novaops("changes", "show", str(lines[0]["sequence"]))
        assert lines[0]["hash"] in record.out
        assert novaops("export", "log.jsonl").code == 0 and novaops("export", "log.zip", "--csv").code == 0
        exported = (novaops.home / "log.jsonl").read_text().splitlines()
        assert any(json.loads(line).get("hash") == lines[0]["hash"] for line in exported)
        assert "changes.csv" in ZipFile(novaops.home / "log.zip").namelist()
        narrowed = novaops("export", "-", "--verb", "operation done").out.splitlines()
        assert [json.loads(line).get("verb") for line in narrowed if '"hash"' in line] == ["operation done"]
        assert novaops("servers", "--json").said["servers"] == [] and "well" in novaops("findings").out
        assert novaops("logout", "--json").said == {"forgotten": True} and novaops("me").code == 2


@pytest.mark.django_db(transaction=True)
def test_each_ending_has_its_exit_code(fleet: Fleet, program: MakeProgram, desk: MakeDesk, folder: Path) -> None:
    with desk(program("admin")) as found:
        novaops: Commands = found.commands

        def made(*more: str) -> int:
            return int(novaops(*request(folder, *more, "--json")).said["id"])

        ends = {"never-works": 4, "defect": 5}
        for mishap, code in ends.items():
            number = made("--set", f"mishap={mishap}", *PHRASE)
            run(fleet, number)
            assert novaops("plan", str(number)).code == novaops("watch", str(number)).code == code
        number = made(*PHRASE)
        assert novaops("watch", str(number), "--timeout", "0.1").code == 8
        assert novaops("cancel", str(number)).code == 0, "that is what was asked for"
        assert novaops("plan", str(number)).code == 6
        assert novaops("cancel", str(number)).code == novaops("resume", str(number)).code == 3
        number = made(*PHRASE)
        kinds.prepare(folder, colour="red")
        run(fleet, number)
        assert novaops("plan", str(number)).code == 7
        kinds.prepare(folder, blocked=True)
        assert novaops(*request(folder)).code == 3
        for words in (["plan", "999"], ["request", "nothing", "--reason", "x"], ["run"], ["kinds", "none"],
                      request(folder, "--set", "mishap=flood"), request(folder, "--set", "folder"),
                      ["changes", "show", "999999"], ["export", "no/such/folder/log"]):  # fmt: skip
            assert novaops(*words).code == 2, words
        assert novaops("operations").code == 0
        found.console.stop()
        novaops.more = {"NOVAOPS_PATIENCE": "0.1"}
        away = novaops("operations", "--json")
        assert away.code == 9 and "does not answer" in away.err and away.said["error"]["exit_code"] == 9


@pytest.mark.django_db(transaction=True)
def test_several_people_decide(
    fleet: Fleet, program: MakeProgram, desk: MakeDesk, folder: Path, person: MakePerson
) -> None:
    with tenant_context(fleet):
        set_rule(Risk.LOW, Rule(approvals=1), person("admin"))
    approver, on_call, viewer = program("approver"), program("on-call"), program("viewer")
    with desk(program("operator")) as found:
        novaops: Commands = found.commands
        waits = novaops(*request(folder, *PHRASE, "--json")).said
        assert waits["status"] == "waiting"
        number = str(waits["id"])
        assert "waits for the approval of one other person" in novaops("plan", number).out
        assert novaops.of(viewer)("approve", number).code == 3
        agreed = novaops.of(approver)("approve", number, "--comment", "Read it.", "--json")
        assert (agreed.code, agreed.said["status"]) == (0, "queued")
        assert novaops.of(approver)("withdraw", number, "--json").said["status"] == "waiting"
        assert novaops.of(approver)("reject", number, "--comment", "Not now.").code == 0
        assert novaops("plan", number).code == 3

        number = str(novaops(*request(folder, "--json")).said["id"])
        late = ["--at", "2030-01-01 03:00", "--time-zone", "Europe/Berlin"]
        assert novaops("run", number, *PHRASE, *late).code == 2, "too far away"
        broken = novaops.of(on_call)("run", number, *PHRASE, "--break-glass", "--json").said
        assert (broken["status"], broken["break_glass"]) == ("queued", True)
        run(fleet, int(number))
        assert f"novaops acknowledge {number}" in novaops("plan", number).out
        assert novaops.of(approver)("acknowledge", number, "--comment", "Looked at it.").code == 0
        assert novaops("take-back", number, "--reason", "It was wrong.").code == 3, "it has no inverse"


def test_it_needs_no_django(tmp_path: Path) -> None:
    commands = Commands("", tmp_path)
    loaded = "import novaops.cli.app, sys; print(any(name.split('.')[0] == 'django' for name in sys.modules))"
    argv: list[Any] = [commands.argv()[0], "-c", loaded]
    assert subprocess.run(argv, env=commands.environment, capture_output=True, text=True).stdout == "False\n"
