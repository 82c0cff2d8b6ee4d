"""Taking back what is done: the kind names the inverse, which is planned and confirmed like any other operation."""

import threading
from datetime import datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Person
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.problems import NotAllowed, Refused
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned


@pytest.fixture
def done(confirmed: Planned, approver: Person) -> Operation:
    operation = confirmed("guarded")
    services.approve(operation, approver)
    execute(operation.pk)
    operation.refresh_from_db()
    return operation


def test_the_inverse_is_a_new_plan_that_is_linked(done: Operation, operator: Person) -> None:
    inverse = services.take_back(done, operator, "It was the wrong shard.")
    assert (inverse.kind, inverse.status, inverse.takes_back) == ("lending", "planned", done)
    assert list(done.taken_back_by.all()) == [inverse]
    assert Record.objects.filter(verb="operation requested").latest("sequence").data["takes_back"] == done.pk
    with pytest.raises(Refused, match=f"Operation {inverse.pk}, which is planned, takes it back already"):
        services.take_back(done, operator, "Again.")
    services.cancel(inverse, operator)
    assert services.take_back(done, operator, "After all.").status == "planned"


def test_only_what_is_done_and_has_an_inverse_is_taken_back(
    done: Operation, planned: Planned, queued: Planned, operator: Person, person: MakePerson
) -> None:
    with pytest.raises(Refused, match="only one that is done"):
        services.take_back(planned("guarded"), operator, "No.")
    plain = queued()
    execute(plain.pk)
    plain.refresh_from_db()
    with pytest.raises(Refused, match="has no inverse"):
        services.take_back(plain, operator, "No.")
    with pytest.raises(NotAllowed):
        services.take_back(done, person("viewer"), "No.")
    assert Record.objects.filter(verb="operation refused").count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_back_at_the_same_moment_one_is_told_of_the_other(
    done: Operation, in_fleet: Fleet, person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are past the question whether somebody else took it back when the first of them is stored."""
    together, told = threading.Barrier(2), list[str]()
    plans = kinds.Lending.plan

    def plan(kind: kinds.Lending, parameters: kinds.Words, facts: kinds.Facts, now: datetime) -> object:
        together.wait(timeout=30)
        return plans(kind, parameters, facts, now)

    def race(name: str) -> None:
        with tenant_context(in_fleet):
            try:
                services.take_back(Operation.objects.get(pk=done.pk), person("operator", username=name), "Wrong shard.",
                                   request_key=f"of {name}")  # fmt: skip
            except Refused as refusal:
                told.append(str(refusal))
        connection.close()

    monkeypatch.setattr(kinds.Lending, "plan", plan)
    racers = [threading.Thread(target=race, args=[name]) for name in ("ann", "ben")]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    inverse = done.taken_back_by.get()
    assert told == [f"Operation {inverse.pk}, which is planned, takes it back already."]
    assert Record.objects.filter(verb="operation requested", data__takes_back=done.pk).count() == 1
    assert Record.objects.get(verb="operation refused").subject == done.subject and verify().whole


def test_the_database_itself_keeps_a_second_one_out(done: Operation, planned: Planned, operator: Person) -> None:
    inverse = services.take_back(done, operator, "It was the wrong shard.")
    other = planned("lending")
    with pytest.raises(IntegrityError, match="taken_back_once"), transaction.atomic():
        Operation.objects.filter(pk=other.pk).update(takes_back=done)
    services.cancel(inverse, operator)
    assert Operation.objects.filter(pk=other.pk).update(takes_back=done) == 1


def test_a_key_makes_one_operation(planned: Planned, operator: Person, folder: Path) -> None:
    words = ("writing", {"folder": str(folder)}, operator, "Because.")
    first = services.request(*words, request_key="once")
    assert services.request(*words, request_key="once") == first != services.request(*words)
    assert Record.objects.filter(verb="operation requested").count() == 2
