"""A POST sent again is answered again and not done again, wherever the first one was cut."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.api import idempotency
from novaops.api.models import KeptAnswer
from novaops.api.tasks import keep_house
from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Membership
from novaops.operations import requesting
from novaops.operations.models import Operation
from tests import control_database
from tests.api.conftest import MakeProgram

Planned = Callable[..., Operation]
Wanted = dict[str, Any]


class Killed(BaseException):
    """What a process that is killed does not live to handle."""


def operations(fleet: Fleet) -> int:
    with tenant_context(fleet):
        return Operation.objects.count()


def dies(*_: Any, **__: Any) -> Any:
    raise Killed


def test_a_programs_post_needs_a_key_and_a_persons_may_have_one(
    fleet: Fleet, program: MakeProgram, client_as: Callable[..., Client], wanted: Wanted
) -> None:
    refused = program("operator").post("operations", wanted, key=None)
    assert (refused.status_code, refused.json()["type"].rpartition("#")[2]) == (400, "problem-key-missing")
    assert operations(fleet) == 0
    browser, body = client_as("operator"), json.dumps(wanted)
    for headers in ({}, {}, {"Idempotency-Key": "k"}, {"Idempotency-Key": "k"}):
        answer = browser.post("/fleets/alpha/api/operations", body, "application/json", headers=headers)
        assert answer.status_code == 201
    assert operations(fleet) == 3


@pytest.mark.parametrize("key", ["two words", "x" * 256, "ümlaut", '"'])
def test_a_key_that_is_none_is_refused(fleet: Fleet, program: MakeProgram, wanted: Wanted, key: str) -> None:
    answer = program("operator").post("operations", wanted, key=key.encode("utf-8").decode("latin-1"))
    assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["fields"]


def test_the_same_again_is_answered_again(fleet: Fleet, program: MakeProgram, wanted: Wanted) -> None:
    mine = program("operator")
    first, again = mine.post("operations", wanted, "k1"), mine.post("operations", wanted, '"k1"')
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content and operations(fleet) == 1
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert first["Location"] == first["Content-Location"] == again["Content-Location"]
    assert mine.post("operations", wanted, "k2").json()["id"] != first.json()["id"]


def test_the_same_key_for_something_else_is_refused(fleet: Fleet, program: MakeProgram, wanted: Wanted) -> None:
    mine = program("operator")
    number = mine.post("operations", wanted, "k").json()["id"]
    for rest, said in (("operations", {**wanted, "reason": "Another."}), (f"operations/{number}/cancel", {})):
        answer = mine.post(rest, said, "k")
        assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (422, "problem-key-reused")
    assert operations(fleet) == 1


def test_keys_are_each_persons_own(fleet: Fleet, program: MakeProgram, wanted: Wanted) -> None:
    mine, theirs = program("operator"), program("on-call")
    one, other = (who.post("operations", wanted, "k").json() for who in (mine, theirs))
    assert one["id"] != other["id"] and other["requested_by"] == "on-call-alpha"
    again = program("operator").post("operations", wanted, "k")
    assert again.json() == one, "another token of the same person is the same caller"


def test_a_refusal_is_an_answer_too_but_a_missing_right_is_none(
    fleet: Fleet, program: MakeProgram, wanted: Wanted
) -> None:
    mine = program("viewer")
    assert mine.post("operations", wanted, "k").status_code == 403
    Membership.objects.update(role="operator")
    made = mine.post("operations", wanted, "k")
    assert made.status_code == 201
    wrong = [mine.post(f"operations/{made.json()['id']}/confirm", {"typed": "yes"}, "c") for _ in range(2)]
    assert [answer.status_code for answer in wrong] == [409, 409]
    with tenant_context(fleet):
        assert Record.objects.filter(verb="operation refused", outcome__contains="Type exactly").count() == 1


def keeps_and_dies(*words: Any) -> Any:
    really_keeps(*words)
    raise Killed


really_keeps = idempotency._keep
CUTS = {
    "before it is stored": (requesting, "_stored", dies),
    "before the answer is kept": (idempotency, "_keep", dies),
    "after the answer was kept": (idempotency, "_keep", keeps_and_dies),
}


@pytest.mark.parametrize("where", CUTS)
def test_a_request_that_was_cut_makes_one_operation(
    fleet: Fleet, program: MakeProgram, wanted: Wanted, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    mine = program("operator")
    with monkeypatch.context() as cut, pytest.raises(Killed):
        cut.setattr(*CUTS[where])
        mine.post("operations", wanted, "k")
    answer = mine.post("operations", wanted, "k")
    assert answer.status_code == 201 and answer.json()["status"] == "planned"
    assert operations(fleet) == 1
    with tenant_context(fleet):
        assert Record.objects.filter(verb="operation requested").count() == 1


@pytest.mark.parametrize("death", [dies, keeps_and_dies])
def test_a_confirmation_that_was_cut_is_done_once_and_answered_as_the_first(
    fleet: Fleet, program: MakeProgram, planned: Planned, monkeypatch: pytest.MonkeyPatch, death: Any
) -> None:
    mine, address = program("operator"), f"operations/{planned().pk}/confirm"
    with monkeypatch.context() as cut, pytest.raises(Killed):
        cut.setattr(idempotency, "_keep", death)
        mine.post(address, {"typed": "shard-1 blue"}, "k")
    with tenant_context(fleet):
        assert Operation.objects.get().status == "planned", "neither done nor answered"
    answers = [mine.post(address, {"typed": "shard-1 blue"}, "k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["status"] == answers[1].json()["status"] == "queued"
    with tenant_context(fleet):
        assert Record.objects.filter(verb="operation confirmed").count() == 1


def test_an_answer_that_is_too_long_is_replaced_by_its_address(
    fleet: Fleet, program: MakeProgram, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST", 100)
    mine = program("operator")
    first = mine.post("operations", wanted, "k").json()
    again = mine.post("operations", wanted, "k")
    assert (again.status_code, again["Idempotency-Replayed"]) == (303, "true")
    assert mine.get(again["Location"].partition("/api/")[2]).json()["id"] == first["id"]
    assert operations(fleet) == 1


def test_kept_answers_are_forgotten_after_their_time(fleet: Fleet, program: MakeProgram, wanted: Wanted) -> None:
    mine = program("operator")
    first = mine.post("operations", wanted, "k").json()
    mine.post("operations", wanted, "young")
    with tenant_context(fleet):
        KeptAnswer.objects.filter(key="k").update(created_at=timezone.now() - idempotency.KEPT - timedelta(seconds=1))
    anew = mine.post("operations", {**wanted, "reason": "Another day."}, "k")
    assert anew.status_code == 201 and anew.json()["id"] != first["id"], "a key past its time is a new one"
    with tenant_context(fleet):
        KeptAnswer.objects.filter(key="k").update(created_at=timezone.now() - idempotency.KEPT - timedelta(seconds=1))
    keep_house()
    with tenant_context(fleet):
        assert [kept.key for kept in KeptAnswer.objects.all()] == ["young"]


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_being_worked_on_says_so(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    mine, address = program("operator"), f"operations/{planned().pk}/confirm"
    wrong = mine.post(address, {"typed": "yes"}, "k")
    assert wrong.status_code == 409
    with tenant_context(fleet):
        KeptAnswer.objects.update(status=None)
    with psycopg.connect(control_database.url()) as other:
        other.execute("SELECT 1 FROM fleet_alpha.api_keptanswer FOR UPDATE")
        busy = mine.post(address, {"typed": "yes"}, "k")
    assert (busy.status_code, busy["Retry-After"]) == (409, "1")
    assert busy.json()["type"].endswith("key-in-use")
    assert mine.post(address, {"typed": "yes"}, "k").json()["type"].endswith("refused")
