"""Taking back what is done: the kind names the inverse, which is planned and confirmed like any other operation."""

from pathlib import Path

import pytest

from novaops.audit.models import Record
from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.problems import NotAllowed, Refused
from novaops.operations.runner import execute
from tests.conftest import MakePerson
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


def test_a_key_makes_one_operation(planned: Planned, operator: Person, folder: Path) -> None:
    words = ("writing", {"folder": str(folder)}, operator, "Because.")
    first = services.request(*words, request_key="once")
    assert services.request(*words, request_key="once") == first != services.request(*words)
    assert Record.objects.filter(verb="operation requested").count() == 2
