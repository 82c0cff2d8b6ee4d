"""The act road over the API: every POST does what the pages do, within the rights of the token."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.api.api import api
from novaops.api.describing import described
from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.operations.contract import Risk
from novaops.operations.models import Operation
from novaops.operations.policies import Rule, set_rule
from novaops.operations.runner import execute
from tests.api.conftest import MakeProgram, Program
from tests.api.test_hooks import ACTS as OF_HOOKS
from tests.conftest import MakePerson
from tests.operations import kinds

Planned = Callable[..., Operation]
PHRASE = {"typed": "shard-1 blue"}
BODIES: dict[str, dict[str, Any]] = {
    "confirm": PHRASE,
    "approve": {},
    "reject": {"comment": "Not now."},
    "withdraw": {},
    "acknowledge": {"comment": "Looked at it."},
    "take-back": {"reason": "It was wrong."},
    "cancel": {},
    "pause": {},
    "resume": {},
}


@pytest.fixture
def needs_one(fleet: Fleet, person: MakePerson) -> None:
    """The fleet's policy asks for one other person, also for what is harmless."""
    with tenant_context(fleet):
        set_rule(Risk.LOW, Rule(approvals=1), person("admin"))


def run(fleet: Fleet, number: int) -> None:
    with tenant_context(fleet):
        execute(number)


def status_of(fleet: Fleet, number: int) -> str:
    with tenant_context(fleet):
        return str(Operation.objects.get(pk=number).status)


def test_request_confirm_and_what_became_of_it(
    fleet: Fleet, program: MakeProgram, wanted: dict[str, Any], folder: Path
) -> None:
    mine = program("operator")
    assert {"lending", "writing"} <= {kind["name"] for kind in mine.get("kinds").json()["kinds"]}
    made = mine.post("operations", wanted)
    plan, address = made.json()["plan"], made["Location"].partition("/api/")[2]
    assert (made.status_code, made.json()["status"], made.json()["confirm"]) == (201, "planned", "shard-1 blue")
    assert plan["checks"][0]["outcome"] == "passed" and plan["blast"]["summary"] == "One folder."
    assert len(plan["steps"]) == 3 and len(made.json()["fingerprint"]) == 64
    assert mine.post(f"{address}/confirm", PHRASE).json()["status"] == "queued"
    run(fleet, made.json()["id"])
    ended = mine.get(address).json()
    assert (ended["ended"], ended["status"], ended["outcome"]) == (True, "done", "Wrote third.")
    assert [step["status"] for step in ended["steps"]] == ["done"] * 3 and kinds.effects(folder) == list(kinds.STEPS)
    [listed] = mine.get("operations?status=done&kind=writing&q=three").json()["operations"]
    assert listed["id"] == ended["id"]


def test_records_say_who_and_through_which_token(fleet: Fleet, program: MakeProgram, wanted: dict[str, Any]) -> None:
    mine = program("operator")
    number = mine.post("operations", wanted).json()["id"]
    mine.post(f"operations/{number}/confirm", {"typed": "wrong"})
    mine.post(f"operations/{number}/confirm", PHRASE)
    run(fleet, number)
    assert mine.token
    with tenant_context(fleet):
        found = {record.verb: record for record in Record.objects.filter(subject=f"operation:{number}")}
    assert {record.actor for record in found.values()} == {"operator-alpha"}
    for verb in ("operation requested", "operation refused", "operation confirmed"):
        assert found[verb].data["through"] == f"token:{mine.token.pk}"
    assert "through" not in found["operation done"].data


def test_approved_by_somebody_else(
    fleet: Fleet, program: MakeProgram, planned: Planned, needs_one: None, person: MakePerson
) -> None:
    person("approver", username="operator-alpha")
    operator, approver, address = program("operator"), program("approver"), f"operations/{planned().pk}"
    assert operator.post(f"{address}/confirm", PHRASE).json()["waiting_for"] == "the approval of one other person"
    own = operator.post(f"{address}/approve")
    assert own.status_code == 409 and "somebody else has to look at it" in own.json()["detail"]
    approved = approver.post(f"{address}/approve", {"comment": "Read it."}).json()
    assert (approved["status"], approved["approvals"][0]["comment"]) == ("queued", "Read it.")
    assert approver.post(f"{address}/withdraw").json()["status"] == "waiting"
    rejected = approver.post(f"{address}/reject", {"comment": "Not now."}).json()
    assert (rejected["status"], rejected["ended"]) == ("rejected", True)
    assert approver.post(f"{address}/approve").status_code == 409


def test_a_word_that_is_needed_is_asked_for(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    mine, address = program("admin"), f"operations/{planned().pk}"
    for rest in ("reject", "acknowledge", "take-back"):
        missing, empty = mine.post(f"{address}/{rest}"), mine.post(f"{address}/{rest}", {"comment": " ", "reason": " "})
        assert missing.status_code == 422 and missing.json()["fields"]
        assert empty.status_code in {409, 422}


def test_confirmed_for_a_time(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    mine, address = program("operator"), f"operations/{planned().pk}/confirm"
    due = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)
    for wrong, field in ((due.replace(tzinfo=None), "due_at"), (timezone.now() - timedelta(hours=1), "due_at")):
        refused = mine.post(address, {**PHRASE, "due_at": wrong.isoformat()})
        assert refused.status_code == 422 and list(refused.json()["fields"]) == [field]
    assert "time_zone" in mine.post(address, {**PHRASE, "time_zone": "Mars/Base"}).json()["fields"]
    said = {**PHRASE, "due_at": due.isoformat(), "time_zone": "Europe/Berlin"}
    answer = mine.post(address, said).json()
    assert (answer["status"], answer["time_zone"]) == ("scheduled", "Europe/Berlin")
    assert answer["due_at"].replace("Z", "+00:00") == due.isoformat()


def test_break_glass_needs_its_scope_and_is_acknowledged_by_somebody_else(
    fleet: Fleet, program: MakeProgram, planned: Planned, needs_one: None
) -> None:
    address = f"operations/{planned().pk}"
    said = {**PHRASE, "break_glass": True}
    assert program("operator").post(f"{address}/confirm", said).status_code == 403
    assert program("on-call", scopes=["request"]).post(f"{address}/confirm", said).status_code == 403
    on_call = program("on-call", scopes=["request", "break-glass"])
    broken = on_call.post(f"{address}/confirm", said).json()
    assert (broken["status"], broken["break_glass"]) == ("queued", True)
    run(fleet, broken["id"])
    assert on_call.post(f"{address}/acknowledge", {"comment": "Fine."}).status_code == 403
    seen = program("approver").post(f"{address}/acknowledge", {"comment": "Looked at it."}).json()
    assert (seen["acknowledged_by"], seen["acknowledgement"]) == ("approver-alpha", "Looked at it.")


def test_paused_resumed_cancelled(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    mine, address = program("operator"), f"operations/{planned().pk}"
    for act in ("pause", "resume"):
        refused = mine.post(f"{address}/{act}")
        assert (refused.status_code, refused.json()["title"]) == (409, "Understood, and refused")
    assert mine.post(f"{address}/cancel").json()["status"] == "cancelled"
    assert mine.post(f"{address}/cancel").status_code == 409


def test_what_has_no_inverse_is_not_taken_back(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    mine, operation = program("operator"), planned()
    address = f"operations/{operation.pk}"
    mine.post(f"{address}/confirm", PHRASE)
    run(fleet, operation.pk)
    refused = mine.post(f"{address}/take-back", {"reason": "It was wrong."})
    assert refused.status_code == 409 and "no inverse" in refused.json()["detail"]


def test_a_server_that_cannot_wait_answers_at_once_and_none_waits_for_long(
    fleet: Fleet, program: MakeProgram, planned: Planned
) -> None:
    mine, address = program("viewer"), f"operations/{planned().pk}"
    known = mine.get(address).json()
    assert mine.get(f"{address}?after={known['version']}&wait=20").json() == known
    assert mine.get(f"{address}?after={known['version']}&wait=31").status_code == 422


def posts() -> set[str]:
    paths = described(api, "alpha")["paths"]
    return {path.partition("/api/")[2] for path, methods in paths.items() if "post" in methods}


def test_every_post_is_tried() -> None:
    """Those of operations below, those of rules, hooks and moves in tests of their own."""
    schedules = {"schedules", *(f"schedules/{{pk}}/{act}" for act in ("pause", "resume", "end"))}
    rules = {"policy/{name}", "freezes", "freezes/{pk}/lift", *schedules}
    hooks = {"hooks", "deliveries/{pk}/again", *(f"hooks/{{pk}}/{act}" for act in OF_HOOKS)}
    operations = {"operations", "operations/preview", *(f"operations/{{pk}}/{act}" for act in BODIES)}
    assert posts() == operations | rules | hooks | {"moves/{pk}/limit"}


@pytest.mark.parametrize("act", BODIES)
def test_no_post_does_more_than_the_token_may(
    fleet: Fleet, program: MakeProgram, planned: Planned, needs_one: None, act: str
) -> None:
    """The person is an admin and may do everything; the token may only look."""
    operation = planned()
    if act not in ("confirm", "cancel"):
        program("operator").post(f"operations/{operation.pk}/confirm", PHRASE)
    before = status_of(fleet, operation.pk)
    only_looks = program("admin", scopes=["observe", "read-change-log"])
    answer = only_looks.post(f"operations/{operation.pk}/{act}", BODIES[act])
    assert answer.status_code == 403 if act not in ("withdraw", "take-back") else answer.status_code in {403, 409}
    assert status_of(fleet, operation.pk) == before
    with tenant_context(fleet):
        assert Operation.objects.count() == 1


def test_a_token_that_only_looks_requests_and_takes_back_nothing(
    fleet: Fleet, program: MakeProgram, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    only_looks, mine = program("admin", scopes=["observe"]), program("admin")
    assert only_looks.post("operations", wanted).status_code == 403
    monkeypatch.setattr(kinds.Writing, "inverse", lambda *_: ("writing", wanted["parameters"]))
    number = mine.post("operations", wanted).json()["id"]
    mine.post(f"operations/{number}/confirm", PHRASE)
    run(fleet, number)
    assert only_looks.post(f"operations/{number}/take-back", BODIES["take-back"]).status_code == 403
    taken = [mine.post(f"operations/{number}/take-back", BODIES["take-back"], "k") for _ in range(2)]
    assert [answer.status_code for answer in taken] == [201, 201] and taken[0].json()["takes_back"] == number
    assert taken[0].content == taken[1].content
    assert mine.get(f"operations/{number}").json()["taken_back_by"] == [taken[0].json()["id"]]
    with tenant_context(fleet):
        assert Operation.objects.count() == 2


@pytest.mark.parametrize("act", BODIES)
def test_wrong_methods_and_other_fleets(
    fleet: Fleet, other_fleet: Fleet, program: MakeProgram, planned: Planned, act: str
) -> None:
    mine, address = program("operator"), f"operations/{planned().pk}/{act}"
    assert mine.get(address).status_code == 405
    stranger = program("admin", fleet=other_fleet)
    assert stranger.post(address, BODIES[act]).status_code == 404
    assert Program(stranger.text, "alpha").post(address, BODIES[act]).status_code == 401


def test_what_is_no_json_is_said(fleet: Fleet, program: MakeProgram) -> None:
    headers = {"Authorization": f"Bearer {program('operator').text}", "Idempotency-Key": "k"}
    answer = Client().post("/fleets/alpha/api/operations", "{", content_type="application/json", headers=headers)
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_a_preview_says_what_a_request_would_plan_and_leaves_nothing(
    fleet: Fleet, program: MakeProgram, folder: Path
) -> None:
    who, wanted = program("operator"), {"kind": "writing", "parameters": {"folder": str(folder)}}
    found = who.post("operations/preview", wanted).json()
    assert (found["state"], found["headline"], found["held_by"]) == ("ok", "This would be done", [])
    assert found["plan"]["summary"] == "Write three words in blue." and len(found["plan"]["steps"]) == 3
    with tenant_context(fleet):
        assert not Operation.objects.exists() and not Record.objects.filter(verb__startswith="operation").exists()
    wrong = who.post("operations/preview", {"kind": "writing", "parameters": {}})
    assert wrong.status_code == 422 and "folder" in wrong.json()["fields"]
    assert who.post("operations/preview", {**wanted, "kind": "nothing"}).status_code == 422
    assert program("viewer").post("operations/preview", wanted).status_code == 403


def test_a_stale_one_says_what_changed(
    fleet: Fleet, program: MakeProgram, wanted: dict[str, Any], folder: Path
) -> None:
    mine = program("operator")
    number = mine.post("operations", wanted).json()["id"]
    mine.post(f"operations/{number}/confirm", PHRASE)
    kinds.prepare(folder, colour="red")
    run(fleet, number)
    stale = mine.get(f"operations/{number}").json()
    assert stale["status"] == "stale"
    assert {"what": "colour", "before": "blue", "now": "red", "check": False} in stale["changed"]
