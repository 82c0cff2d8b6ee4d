"""An emergency: without approvals, despite freezes, marked everywhere, and looked at afterwards by somebody else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from novaops.api import tokens
from novaops.audit.models import Record
from novaops.fleets.models import Membership, Person
from novaops.operations import services
from novaops.operations.acknowledging import unacknowledged
from novaops.operations.contract import Risk
from novaops.operations.models import Operation
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import MakeMachine, Planned


@pytest.fixture
def oncall(person: MakePerson) -> Person:
    return person("on-call")


def broken(operation: Operation, oncall: Person) -> Operation:
    return services.confirm(operation, oncall, operation.plan.confirm, break_glass=True)


def test_it_runs_at_once_and_is_acknowledged_by_somebody_else(
    planned: Planned, oncall: Person, approver: Person, person: MakePerson, folder: Path
) -> None:
    operation = broken(planned("guarded"), oncall)
    assert (operation.status, operation.approvals_needed, operation.break_glass) == ("queued", 0, True)
    with pytest.raises(Refused, match="not over yet"):
        services.acknowledge(operation, approver, "Seen.")
    execute(operation.pk)
    assert kinds.effects(folder) == ["first", "second", "third"] and [one.pk for one in unacknowledged()] == [
        operation.pk
    ]
    for who in (oncall, person("operator")):
        with pytest.raises(NotAllowed, match="“Approve operations” or “Import the fleet"):
            services.acknowledge(operation, who, "Seen.")
    with pytest.raises(Invalid, match="Say what you found"):
        services.acknowledge(operation, approver, "")
    services.acknowledge(operation, approver, "Right thing to do.")
    assert (operation.acknowledged_by_name, operation.acknowledgement) == (approver.username, "Right thing to do.")
    with pytest.raises(Refused, match="acknowledged it already"):
        services.acknowledge(operation, person("admin"), "Seen.")
    assert unacknowledged() == []
    about = Record.objects.filter(subject__startswith=operation.subject).exclude(verb="operation requested")
    assert all(record.data.get("break_glass") for record in about.exclude(verb="operation refused"))
    assert Record.objects.get(verb="operation acknowledged").outcome == "Right thing to do."


def test_whoever_broke_the_glass_does_not_acknowledge_it(planned: Planned, person: MakePerson) -> None:
    admin = person("admin")
    operation = broken(planned("guarded"), admin)
    execute(operation.pk)
    with pytest.raises(Refused, match="somebody else"):
        services.acknowledge(operation, admin, "Seen.")
    assert unacknowledged()


def test_neither_does_a_machine_nor_whoever_made_its_token(
    planned: Planned, oncall: Person, person: MakePerson, machine: MakeMachine
) -> None:
    operation, robot, admin = broken(planned("guarded"), oncall), machine("approver"), person("admin")
    execute(operation.pk)
    with pytest.raises(Refused, match="people alone acknowledge"):
        services.acknowledge(operation, robot, "Seen.")
    tokens.make(robot, "deploys", ["request"], 30, by=admin)
    Operation.objects.filter(pk=operation.pk).update(requested_by=robot, requested_by_name="robot")
    with pytest.raises(Refused, match="a token of the machine robot, which requested it"):
        services.acknowledge(operation, admin, "Seen.")


def test_it_needs_a_right_of_its_own_and_still_the_phrase(planned: Planned, operator: Person, oncall: Person) -> None:
    operation = planned("guarded")
    with pytest.raises(NotAllowed, match="Act without approvals in an emergency"):
        broken(operation, operator)
    with pytest.raises(Refused, match="Type exactly"):
        services.confirm(operation, oncall, "now!", break_glass=True)
    with pytest.raises(Invalid, match="runs at once"):
        later = timezone.now() + timedelta(hours=1)
        services.confirm(operation, oncall, operation.plan.confirm, due_at=later, break_glass=True)
    operation.refresh_from_db()
    assert (operation.status, operation.break_glass) == ("planned", False)


def test_a_freeze_does_not_hold_it(planned: Planned, oncall: Person, person: MakePerson, folder: Path) -> None:
    now = timezone.now()
    services.make_freeze(person("admin"), "Sale", "Peak.", now, now + timedelta(hours=1), risks=list(Risk))
    operation = broken(planned("guarded"), oncall)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done"


def test_who_lost_the_right_to_break_the_glass_starts_nothing(planned: Planned, oncall: Person, folder: Path) -> None:
    operation = broken(planned("guarded"), oncall)
    Membership.objects.filter(person=oncall).delete()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "refused" and "on-call-alpha no longer holds the right" in operation.outcome
    assert kinds.effects(folder) == []


def test_a_kind_of_the_highest_risk_needs_two_people_or_the_glass(
    confirmed: Planned, planned: Planned, oncall: Person, approver: Person, person: MakePerson
) -> None:
    waiting = confirmed("drastic")
    assert (waiting.status, waiting.approvals_needed) == ("waiting", 2)
    services.approve(waiting, approver)
    assert services.approve(waiting, person("approver", username="ben")).status == "queued"
    assert broken(planned("drastic"), oncall).status == "queued"


def test_other_operations_have_nothing_to_acknowledge(queued: Planned, approver: Person) -> None:
    operation = queued()
    execute(operation.pk)
    with pytest.raises(Refused, match="was no break-glass"):
        services.acknowledge(operation, approver, "Seen.")
