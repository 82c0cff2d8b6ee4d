"""Operations that another one requested as parts of its work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.operations.children import begin_child, children_of
from novaops.operations.contract import Risk
from novaops.operations.models import Operation
from novaops.operations.policies import Rule, set_rule
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned


def begin(parent: Operation, folder: Path, kind: str = "writing", **parameters: Any) -> str:
    return begin_child(parent, "one", kind, {"folder": str(folder), **parameters}, "A part of it.")


def test_a_child_is_begun_once_for_who_asked_for_its_parent(
    queued: Planned, folder: Path, operator: Person, in_fleet: Fleet, client_as: Callable[..., Client]
) -> None:
    parent = queued()
    assert begin(parent, folder) == begin(parent, folder) == ""
    [child] = children_of(parent).values()
    assert children_of(parent) == {"one": child} and child.status == "queued" and child.parent == parent
    assert (child.requested_by, child.confirmed_by_name) == (operator, operator.get_username())
    told = Record.objects.get(verb="operation confirmed", subject=child.subject)
    assert told.actor == f"operation {parent.pk} of {operator.get_username()}" and told.data["parent"] == parent.pk
    execute(child.pk)
    client = client_as("operator")
    shown = {one: client.get(f"/fleets/alpha/operations/{one}/").content.decode() for one in (parent.pk, child.pk)}
    assert "none under way" in shown[parent.pk] and f">Operation {parent.pk}</a>" in shown[child.pk]
    connection.set_tenant(in_fleet)  # type: ignore[attr-defined]
    child.refresh_from_db()
    assert child.status == "done" and kinds.effects(folder) == list(kinds.STEPS)


def test_what_refuses_a_child_is_told(queued: Planned, folder: Path) -> None:
    parent = queued()
    assert "mishap" in begin(parent, folder, mishap="flood") and not children_of(parent)
    kinds.prepare(folder, blocked=True)
    assert begin(parent, folder) == "The folder is free." and children_of(parent)["one"].status == "refused"


def test_the_approvals_of_the_parent_count(
    confirmed: Planned, queued: Planned, folder: Path, person: MakePerson
) -> None:
    parent, other = confirmed("guarded"), queued()
    assert parent.approvals_needed == 1
    assert begin(parent, folder, "guarded") == "" and children_of(parent)["one"].status == "queued"
    child = children_of(parent)["one"]
    assert begin(child, folder, "guarded") == "" and children_of(child)["one"].status == "queued"
    set_rule(Risk.LOW, Rule(2), person("admin"))
    assert begin(other, folder, "lending") == "" and children_of(other)["one"].status == "waiting"
