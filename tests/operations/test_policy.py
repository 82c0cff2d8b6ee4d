"""The policy of a fleet: its defaults, who changes it, and that a change is recorded with before and after."""

import pytest

from novaops.audit.models import Record
from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.contract import Risk
from novaops.operations.policies import Rule, rules
from novaops.operations.problems import Invalid, NotAllowed, Refused
from tests.conftest import MakePerson
from tests.operations.conftest import Planned


@pytest.mark.usefixtures("in_fleet")
def test_without_a_row_the_defaults_hold() -> None:
    assert [rule.approvals for rule in rules().values()] == [0, 0, 1, 2]
    assert not any(rule.ticket_required for rule in rules().values())


@pytest.mark.usefixtures("in_fleet")
def test_a_change_is_recorded_once_with_before_and_after(person: MakePerson) -> None:
    admin = person("admin")
    services.set_rule(Risk.LOW, Rule(0), admin)
    services.set_rule(Risk.LOW, Rule(2, True), admin)
    services.set_rule(Risk.LOW, Rule(2, True), admin)
    assert rules()[Risk.LOW] == Rule(2, True)
    changed = Record.objects.get(verb="setting changed")
    assert (changed.subject, changed.actor) == ("setting:policy-low", admin.username)
    assert changed.data["before"] == {"approvals": 0, "ticket_required": False}
    assert changed.data["after"] == {"approvals": 2, "ticket_required": True}
    assert changed.outcome.startswith("Risk low: Two other people have to approve, and a change ticket")


@pytest.mark.usefixtures("in_fleet")
def test_only_who_manages_the_fleet_changes_it_and_only_to_what_makes_sense(person: MakePerson) -> None:
    for role in ("operator", "approver", "on-call", "auditor"):
        with pytest.raises(NotAllowed, match="Changing the policy"):
            services.set_rule(Risk.HIGH, Rule(0), person(role))
    with pytest.raises(Invalid, match="0, 1 or 2"):
        services.set_rule(Risk.HIGH, Rule(3), person("admin"))
    assert rules()[Risk.HIGH] == Rule(1)


def test_a_required_ticket_is_asked_for_at_the_request_and_at_the_confirmation(
    planned: Planned, operator: Person, person: MakePerson
) -> None:
    before = planned()
    services.set_rule(Risk.LOW, Rule(0, ticket_required=True), person("admin"))
    with pytest.raises(Invalid) as missing:
        planned()
    assert set(missing.value.fields) == {"ticket"}
    with pytest.raises(Refused, match="asks for a change ticket"):
        services.confirm(before, operator, before.plan.confirm)
    asked = services.request("writing", before.parameters, operator, "Because.", "CHG-7")
    assert services.confirm(asked, operator, asked.plan.confirm).status == "queued"
