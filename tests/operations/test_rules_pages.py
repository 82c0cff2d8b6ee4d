"""The pages of policy, freezes and schedules: everybody of the fleet reads them, who manages the fleet changes them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.operations import services
from novaops.operations.contract import Risk
from novaops.operations.models import Freeze, Recurrence
from novaops.operations.policies import Rule, rules
from tests.conftest import MakePerson
from tests.operations.conftest import Planned

ClientAs = Callable[..., Client]
RULES = {f"{risk.value}-approvals": "1" for risk in Risk} | {"low-ticket_required": "on"}
WALL = "%Y-%m-%dT%H:%M"


def page(fleet: Fleet, rest: str) -> str:
    return f"/fleets/{fleet.slug}/{rest}"


def freeze(**changes: object) -> dict[str, object]:
    """What the form sends: from now on, for two hours."""
    now = timezone.now()
    span = {"starts_at": f"{now:{WALL}}", "ends_at": f"{now + timedelta(hours=2):{WALL}}", "time_zone": "UTC"}
    return {"name": "Sale", "reason": "Peak week.", "risks": ["high"], **span, **changes}


@pytest.mark.parametrize("role", ["viewer", "auditor", "operator", "admin"])
def test_everybody_of_the_fleet_reads_them(
    fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, person: MakePerson, role: str
) -> None:
    client = client_as(role)
    policy, schedules = client.get(page(fleet, "policy/")), client.get(page(fleet, "schedules/"))
    assert policy.status_code == schedules.status_code == 200
    assert ("Save the policy" in policy.text) is ("Make the freeze" in policy.text) is (role == "admin")
    assert client.get(page(other_fleet, "policy/")).status_code == 404


def test_the_policy_is_saved_for_all_risks_at_once(fleet: Fleet, client_as: ClientAs) -> None:
    admin = client_as("admin")
    answer = admin.post(page(fleet, "policy/change"), RULES, follow=True)
    assert "holds from now on" in answer.text
    with tenant_context(fleet):
        assert list(rules().values()) == [Rule(1, True), Rule(1), Rule(1), Rule(1)]
    assert admin.post(page(fleet, "policy/change"), {**RULES, "high-approvals": "7"}).status_code == 422
    assert (
        "One other person has to approve, and a change ticket" in client_as("viewer").get(page(fleet, "policy/")).text
    )


def test_a_freeze_is_made_and_lifted(fleet: Fleet, client_as: ClientAs) -> None:
    admin = client_as("admin")
    answer = admin.post(page(fleet, "policy/freeze"), freeze(), follow=True)
    assert "The freeze “Sale” is made." in answer.text and "On now" in answer.text
    with tenant_context(fleet):
        made = Freeze.objects.get()
    form = client_as("operator").get(page(fleet, "operations/new/guarded/")).text
    assert "The freeze “Sale” is on until" in form
    answer = admin.post(page(fleet, f"policy/freezes/{made.pk}/lift"), follow=True)
    assert "is lifted" in answer.text and "Lifted by admin-alpha" in answer.text
    assert "lifted it already" in admin.post(page(fleet, f"policy/freezes/{made.pk}/lift"), follow=True).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ends_at": "2020-01-01T00:00"}, "has to end after it begins"),
        ({"starts_at": "yesterday"}, "Give a date and a time"),
        ({"time_zone": "Mars/Olympus"}, "is no time zone"),
        ({"risks": []}, "required"),
        ({"weekly": "on", "ends_at": "2099-01-01T00:00"}, "shorter than a week"),
    ],
)
def test_a_freeze_without_sense_comes_back_with_the_reason(
    fleet: Fleet, client_as: ClientAs, wrong: dict[str, object], sentence: str
) -> None:
    answer = client_as("admin").post(page(fleet, "policy/freeze"), freeze(**wrong))
    assert answer.status_code == 422 and "field-error" in answer.text and sentence in answer.text
    assert "Peak week." in answer.text, "what was filled in is still there"
    with tenant_context(fleet):
        assert not Freeze.objects.exists()


def test_a_schedule_is_shown_with_its_next_time_and_ended(
    planned: Planned, operator: Person, fleet: Fleet, client_as: ClientAs
) -> None:
    operation = planned()
    made = services.make_recurrence(operation, operator, "0 3 * * *", "Europe/Berlin", operation.plan.confirm)
    client = client_as("operator")
    shown = client.get(page(fleet, "schedules/")).text
    assert "03:00 Europe/Berlin" in shown and "Write three words (" in shown and "End it" in shown
    assert "End it" not in client_as("viewer").get(page(fleet, "schedules/")).text
    assert "is paused" in client.post(page(fleet, f"schedules/{made.pk}/pause"), follow=True).text
    assert "Resume" in client.get(page(fleet, "schedules/")).text
    assert "goes on" in client.post(page(fleet, f"schedules/{made.pk}/resume"), follow=True).text
    assert "has ended" in client.post(page(fleet, f"schedules/{made.pk}/end"), follow=True).text
    with tenant_context(fleet):
        assert not Recurrence.objects.get().enabled


@pytest.mark.parametrize("role", ["operator", "approver", "auditor"])
def test_only_who_manages_the_fleet_changes_its_rules(
    fleet: Fleet, client_as: ClientAs, person: MakePerson, role: str
) -> None:
    with tenant_context(fleet):
        now = timezone.now()
        made = services.make_freeze(person("admin"), "a", "b", now, now + timedelta(hours=1), risks=["low"])
    client = client_as(role)
    assert client.post(page(fleet, "policy/change"), RULES).status_code == 403
    assert client.post(page(fleet, "policy/freeze"), freeze()).status_code == 403
    assert client.post(page(fleet, f"policy/freezes/{made.pk}/lift")).status_code == 403


@pytest.mark.parametrize(
    "rest", ["policy/change", "policy/freeze", "policy/freezes/1/lift", "schedules/1/end", "schedules/1/pause"]
)
def test_only_posts_change_anything_and_only_what_there_is(fleet: Fleet, client_as: ClientAs, rest: str) -> None:
    admin = client_as("admin")
    assert admin.get(page(fleet, rest)).status_code == 405
    if "1" in rest:
        assert admin.post(page(fleet, rest)).status_code == 404
