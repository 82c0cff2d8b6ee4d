"""The test kind, a live system of its own, and a planned operation on it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.operations import registry, services
from novaops.operations.models import Operation
from tests.conftest import MakePerson
from tests.operations import kinds

Planned = Callable[..., Operation]
MakeMachine = Callable[..., Person]


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_kinds", {})
    kinds.register()
    yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kinds.prepare(tmp_path)
    return tmp_path


@pytest.fixture
def operator(person: MakePerson) -> Person:
    return person("operator")


@pytest.fixture
def approver(person: MakePerson) -> Person:
    return person("approver")


@pytest.fixture
def machine(person: MakePerson) -> MakeMachine:
    """`machine("operator")`: the machine robot, with that role."""

    def make(*roles: str) -> Person:
        made = person(*roles, username="robot")
        made.is_machine = True
        made.save(update_fields=["is_machine"])
        return made

    return make


@pytest.fixture
def planned(in_fleet: Fleet, operator: Person, folder: Path) -> Planned:
    """`planned(mishap="once")`: an operation of the test kind, in state planned."""

    def plan(kind: str = "writing", **parameters: Any) -> Operation:
        with tenant_context(in_fleet):
            return services.request(kind, {"folder": str(folder), **parameters}, operator, "To see it written.")

    return plan


@pytest.fixture
def confirmed(planned: Planned, operator: Person) -> Planned:
    """`confirmed("guarded")`: an operation of high risk that its requester confirmed, and which waits for others."""

    def confirm(kind: str = "guarded", **parameters: Any) -> Operation:
        operation = planned(kind, **parameters)
        return services.confirm(operation, operator, operation.plan.confirm)

    return confirm


@pytest.fixture
def queued(confirmed: Planned) -> Planned:
    """The same of low risk: it waits for a worker alone."""

    def queue(kind: str = "writing", **parameters: Any) -> Operation:
        return confirmed(kind, **parameters)

    return queue
