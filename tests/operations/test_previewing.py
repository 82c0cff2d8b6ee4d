"""A fleet that hangs holds up no form, nor the threads of the console."""

import threading
from pathlib import Path

import pytest

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.operations import previewing, requesting, services
from novaops.operations.models import Operation
from novaops.operations.previewing import Preview
from novaops.operations.problems import Invalid
from tests.operations import kinds


@pytest.mark.django_db(transaction=True)
def test_it_is_not_waited_for_and_once_it_answers_there_is_a_plan(
    in_fleet: Fleet, operator: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, gather = threading.Event(), kinds.Writing.gather

    def hangs(kind: kinds.Writing, parameters: kinds.Words) -> kinds.Facts:
        answers.wait(timeout=60)
        return gather(kind, parameters)

    def preview() -> Preview:
        return services.preview(kinds.Writing(), {"folder": str(folder)}, operator)

    with monkeypatch.context() as impatient:
        impatient.setattr(previewing, "PATIENCE", 0.2)
        impatient.setattr(kinds.Writing, "gather", hangs)
        for _ in range(6):  # more often than there are threads to ask
            assert preview().headline == "The fleet does not answer"
        answers.set()
    found = preview()
    assert found.state == "ok" and found.plan and found.plan.summary == "Write three words in blue."
    assert not Operation.objects.exists() and not Record.objects.filter(verb__startswith="operation").exists()


@pytest.mark.django_db(transaction=True)
def test_a_request_is_not_waited_for_forever_either(
    in_fleet: Fleet, operator: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, gather = threading.Event(), kinds.Writing.gather

    def hangs(kind: kinds.Writing, parameters: kinds.Words) -> kinds.Facts:
        answers.wait(timeout=60)
        return gather(kind, parameters)

    def request() -> Operation:
        return services.request("writing", {"folder": str(folder)}, operator, "To see it written.")

    with monkeypatch.context() as impatient:
        impatient.setattr(requesting, "PATIENCE", 0.2)
        impatient.setattr(kinds.Writing, "gather", hangs)
        for _ in range(10):
            with pytest.raises(Invalid, match=r"there is no plan after 0\.2 seconds"):
                request()
        answers.set()
    assert not Operation.objects.exists()
    assert request().status == "planned"
