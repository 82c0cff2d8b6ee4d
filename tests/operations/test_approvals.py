"""Approving, rejecting and withdrawing: who may, what counts, and two who do it at the same moment."""

import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.api import tokens
from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import Right
from novaops.operations import services
from novaops.operations.approvals import may_approve, missing, waiting_for
from novaops.operations.contract import Risk
from novaops.operations.expiry import expire
from novaops.operations.models import Operation
from novaops.operations.policies import Rule
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.runner import execute
from novaops.operations.selectors import waiting_for_me
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import MakeMachine, Planned

TWO = Rule(approvals=2)


def test_one_other_person_sends_a_risky_operation_on(confirmed: Planned, approver: Person, folder: Path) -> None:
    operation = confirmed()
    assert (operation.status, waiting_for(operation)) == ("waiting", "the approval of one other person")
    execute(operation.pk)
    assert kinds.effects(folder) == [], "no worker takes what waits for an approval"
    assert services.approve(operation, approver, "Looks right.").status == "queued"
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done" and kinds.effects(folder) == ["first", "second", "third"]
    said = Record.objects.get(verb="operation approved")
    assert (said.actor, said.outcome) == (approver.username, "Looks right.")
    assert (said.data["missing"], said.data["fingerprint"]) == (0, operation.fingerprint)


def test_whoever_asked_for_it_never_approves_it(
    planned: Planned, confirmed: Planned, person: MakePerson, approver: Person
) -> None:
    both = person("operator", "approver", username="both")
    asked = planned("guarded")
    Operation.objects.filter(pk=asked.pk).update(requested_by=both)
    services.confirm(asked, person("operator", username="eve"), asked.plan.confirm)
    with pytest.raises(Refused, match="both requested it: somebody else"):
        services.approve(asked, both)
    other = planned("guarded")
    services.confirm(other, both, other.plan.confirm)
    with pytest.raises(Refused, match="both confirmed it: somebody else"):
        services.approve(other, both)
    with pytest.raises(Refused, match="somebody else"):
        services.reject(other, both, "No.")
    assert services.approve(other, approver).status == "queued"
    with pytest.raises(Refused, match="only one that waits for approval"):
        services.approve(other, approver)
    assert Record.objects.filter(verb="operation refused", actor="both").count() == 3


def test_whoever_made_a_token_of_a_machine_does_not_approve_what_it_asked_for(
    planned: Planned, person: MakePerson, machine: MakeMachine, approver: Person, operator: Person
) -> None:
    robot, admin = machine("operator"), person("admin")
    key, _ = tokens.make(robot, "deploys", ["request"], 30, by=admin)
    asked = planned("guarded")
    Operation.objects.filter(pk=asked.pk).update(requested_by=robot, requested_by_name="robot")
    services.confirm(asked, operator, asked.plan.confirm)
    other = planned("guarded")
    services.confirm(other, robot, other.plan.confirm)
    tokens.revoke(key, by=admin)
    assert waiting_for_me(admin, Right) == frozenset(), "a token that was revoked was one"
    for operation, act in ((asked, "requested"), (other, "confirmed")):
        for say in (services.approve, services.reject):
            with pytest.raises(Refused, match=f"made a token of the machine robot, which {act} it: somebody else"):
                say(operation, admin, "Mine.")
        assert services.approve(operation, approver).status == "queued"
    assert waiting_for_me(person("approver", username="ben"), Right) == frozenset()


def test_who_is_given_a_token_later_does_not_count_any_more(
    confirmed: Planned, machine: MakeMachine, approver: Person, folder: Path
) -> None:
    operation, robot = confirmed(), machine("operator")
    Operation.objects.filter(pk=operation.pk).update(requested_by=robot, requested_by_name="robot")
    services.approve(operation, approver)
    tokens.make(robot, "deploys", ["request"], 30, by=approver)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "refused" and kinds.effects(folder) == []


def test_a_machine_judges_nothing_whatever_its_role(confirmed: Planned, planned: Planned, machine: MakeMachine) -> None:
    robot, operation = machine("approver", "on-call"), confirmed()
    assert not may_approve(robot) and waiting_for_me(robot, Right) == frozenset()
    for say in (services.approve, services.reject):
        with pytest.raises(Refused, match="robot is a machine: people alone approve"):
            say(operation, robot, "Fine.")
    operation.approvals.create(
        person=robot, person_name="robot", decision="approved", fingerprint=operation.fingerprint
    )
    assert missing(operation) == 1, "what it said does not count"
    other = planned()
    with pytest.raises(Refused, match="people alone break the glass"):
        services.confirm(other, robot, other.plan.confirm, break_glass=True)


def test_nobody_without_the_right_approves_or_rejects(confirmed: Planned, person: MakePerson) -> None:
    operation = confirmed()
    for role in ("viewer", "auditor", "on-call"):
        with pytest.raises(NotAllowed, match="Approve operations"):
            services.approve(operation, person(role))
        with pytest.raises(NotAllowed):
            services.reject(operation, person(role), "No.")
    operation.refresh_from_db()
    assert operation.status == "waiting" and not operation.approvals.exists()


def test_a_rejection_says_why_and_ends_it(confirmed: Planned, approver: Person) -> None:
    operation = confirmed()
    with pytest.raises(Invalid, match="Say why"):
        services.reject(operation, approver, " ")
    services.reject(operation, approver, "Not during the sale.")
    assert operation.status == "rejected"
    assert operation.outcome == f"{approver.username} rejected it: Not during the sale."
    assert {step.status for step in operation.steps.all()} == {"skipped"}
    assert Record.objects.get(verb="operation rejected").actor == approver.username


def test_two_approvals_are_two_people(confirmed: Planned, person: MakePerson, approver: Person) -> None:
    services.set_rule(Risk.HIGH, TWO, person("admin"))
    operation = confirmed()
    assert services.approve(operation, approver).status == "waiting"
    assert waiting_for(operation) == "1 of 2 approvals"
    with pytest.raises(Refused, match="approved it already"):
        services.approve(operation, approver)
    assert services.approve(operation, person("approver", username="ben")).status == "queued"


def test_an_approval_is_withdrawn_as_long_as_no_worker_began(
    confirmed: Planned, person: MakePerson, approver: Person
) -> None:
    operation = confirmed()
    with pytest.raises(Refused, match="nothing to withdraw"):
        services.withdraw(operation, approver)
    services.approve(operation, approver)
    assert services.withdraw(operation, approver).status == "waiting"
    assert Record.objects.get(verb="approval withdrawn").data["missing"] == 1
    assert services.approve(operation, approver).status == "queued", "a second thought is allowed"
    execute(operation.pk)
    with pytest.raises(Refused, match="It began already"):
        services.withdraw(operation, approver)


def test_an_approval_counts_for_the_plan_that_was_read(
    confirmed: Planned, person: MakePerson, approver: Person
) -> None:
    services.set_rule(Risk.HIGH, TWO, person("admin"))
    operation = confirmed()
    services.approve(operation, approver)
    operation.approvals.update(fingerprint="of another plan")
    assert services.approve(operation, person("approver", username="ben")).status == "waiting"


def test_an_approver_who_lost_the_right_before_the_start_does_not_count(
    confirmed: Planned, approver: Person, folder: Path
) -> None:
    operation = confirmed()
    services.approve(operation, approver)
    Membership.objects.filter(person=approver).delete()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "refused" and "no longer holds the right “Approve operations”" in operation.outcome
    assert kinds.effects(folder) == []


def test_what_nobody_approves_expires(confirmed: Planned, approver: Person) -> None:
    operation = confirmed()
    assert expire() == 0
    Operation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused, match="waited too long"):
        services.approve(operation, approver)
    assert expire() == 1
    operation.refresh_from_db()
    assert (operation.status, operation.outcome) == (
        "expired",
        "The approvals that it waited for did not come in time.",
    )
    record = Record.objects.get(verb="operation expired")
    assert record.actor_kind == "automatic"


def test_what_waits_can_be_cancelled(confirmed: Planned, operator: Person, approver: Person) -> None:
    operation = confirmed()
    assert services.cancel(operation, operator).status == "cancelled"
    with pytest.raises(Refused, match="is cancelled"):
        services.approve(operation, approver)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("needed", [2, 1])
def test_of_two_who_approve_at_the_same_moment_each_counts_once(
    confirmed: Planned, in_fleet: Fleet, person: MakePerson, needed: int
) -> None:
    services.set_rule(Risk.HIGH, Rule(needed), person("admin"))
    operation, together = confirmed(), threading.Barrier(2)

    def approve(approver: Person) -> None:
        mine = Operation(pk=operation.pk, kind=operation.kind)
        with tenant_context(in_fleet):
            together.wait()
            with suppress(Refused):
                services.approve(mine, approver)
        connection.close()

    people = [person("approver", username=name) for name in ("ann", "ben")]
    racers = [threading.Thread(target=approve, args=[one]) for one in people]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    operation.refresh_from_db()
    approved = Record.objects.filter(verb="operation approved").order_by("sequence")
    seen = [str(record.data["missing"]) for record in approved]
    assert operation.status == "queued" and seen == [str(left) for left in range(needed - 1, -1, -1)]
    assert operation.approvals.count() == needed and verify().whole
