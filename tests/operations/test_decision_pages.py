"""The buttons of an operation's page, one after the other: what they do, and for whom there are none."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.models import Operation, OperationLock, Recurrence
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations.conftest import Planned

ClientAs = Callable[..., Client]
ACTS = ("confirm", "repeat", "approve", "reject", "withdraw", "acknowledge", "take-back", "pause", "resume", "cancel")


def address(operation: Operation, fleet: Fleet, act: str = "") -> str:
    return f"/fleets/{fleet.slug}/operations/{operation.pk}/{act}"


def status(operation: Operation, fleet: Fleet) -> str:
    with tenant_context(fleet):
        operation.refresh_from_db()
    return operation.status


def carried_out(operation: Operation, fleet: Fleet) -> None:
    with tenant_context(fleet):
        execute(operation.pk)
        operation.refresh_from_db()


def test_an_approver_finds_what_waits_first_and_approves_it(
    confirmed: Planned, queued: Planned, fleet: Fleet, client_as: ClientAs
) -> None:
    waiting, other = confirmed(), queued()
    approver = client_as("approver")
    listed = approver.get(f"/fleets/{fleet.slug}/operations/").text
    assert listed.index(f'id="operation-{waiting.pk}"') < listed.index(f'id="operation-{other.pk}"')
    assert listed.count("waits for you") == 1
    assert "waits for you" not in client_as("operator").get(f"/fleets/{fleet.slug}/operations/").text
    page = approver.get(address(waiting, fleet)).text
    assert "Your approval" in page and "Nobody has approved it yet." in page and "0 of 1" in page
    answer = approver.post(address(waiting, fleet, "approve"), {"comment": "Looks right."}, follow=True)
    assert "the next free worker takes it" in answer.text and "Looks right." in answer.text and "1 of 1" in answer.text
    assert "Withdraw my approval" in answer.text and status(waiting, fleet) == "queued"
    answer = approver.post(address(waiting, fleet, "withdraw"), follow=True)
    assert "is withdrawn" in answer.text and status(waiting, fleet) == "waiting"


def test_a_rejection_needs_its_comment(confirmed: Planned, fleet: Fleet, client_as: ClientAs) -> None:
    operation, approver = confirmed(), client_as("approver")
    assert "Say why it is rejected" in approver.post(address(operation, fleet, "reject"), follow=True).text
    answer = approver.post(address(operation, fleet, "reject"), {"comment": "Not <b>today</b>."}, follow=True)
    assert "rejected it: Not &lt;b&gt;today&lt;/b&gt;." in answer.text and status(operation, fleet) == "rejected"


def test_the_requester_reads_why_they_cannot_approve(
    planned: Planned, fleet: Fleet, person: MakePerson, client_as: ClientAs
) -> None:
    both = client_as("operator", "approver", username="both")
    operation = planned("guarded")
    with tenant_context(fleet):
        Operation.objects.update(requested_by=person(username="both"))
    both.post(address(operation, fleet, "confirm"), {"confirmation": "shard-1 blue"})
    page = both.get(address(operation, fleet)).text
    assert "both requested it: somebody else has to look at it." in page and "Your approval" not in page
    assert "somebody else" in both.post(address(operation, fleet, "approve"), follow=True).text
    assert status(operation, fleet) == "waiting"


def test_the_page_says_who_has_to_approve_before_one_confirms(
    planned: Planned, fleet: Fleet, client_as: ClientAs
) -> None:
    operator = client_as("operator")
    page = operator.get(address(planned("guarded"), fleet)).text
    assert "One other person has to approve." in page and "Ask for approval" in page and "Break the glass" not in page
    form = operator.get(f"/fleets/{fleet.slug}/operations/new/guarded/").text
    assert "3. Approve" in form and "One other person has to approve." in form
    assert "Nobody else has to approve." in operator.get(address(planned(), fleet)).text


def test_a_time_is_read_on_the_clock_of_its_zone(planned: Planned, fleet: Fleet, client_as: ClientAs) -> None:
    operation, operator = planned(), client_as("operator")
    day = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"
    given = {"confirmation": "shard-1 blue", "due_at": f"{day}T03:00", "time_zone": "Asia/Tokyo"}
    answer = operator.post(address(operation, fleet, "confirm"), given, follow=True)
    assert status(operation, fleet) == "scheduled" and f"It starts at {day} 03:00 Asia/Tokyo" in answer.text
    assert operation.due_at and (operation.due_at + timedelta(hours=9)).hour == 3
    assert f"{day} 03:00 Asia/Tokyo" in operator.get(f"/fleets/{fleet.slug}/schedules/").text
    assert 'value="Asia/Tokyo"' in operator.get(address(planned(), fleet)).text, "the zone that was used last"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"due_at": "2020-01-01T03:00", "time_zone": "UTC"}, "The time has to lie in the future."),
        ({"due_at": "2099-01-01T03:00", "time_zone": "UTC"}, "within 90 days"),
        ({"due_at": "soon"}, "Give a date and a time"),
        ({"time_zone": "Mars/Olympus"}, "is no time zone"),
    ],
)
def test_a_time_that_cannot_be_stands_at_its_field(
    planned: Planned, fleet: Fleet, client_as: ClientAs, given: dict[str, str], sentence: str
) -> None:
    operation = planned()
    answer = client_as("operator").post(address(operation, fleet, "confirm"), {"confirmation": "shard-1 blue", **given})
    assert answer.status_code == 422 and "field-error" in answer.text and sentence in answer.text
    assert status(operation, fleet) == "planned"


def test_an_emergency_is_marked_until_somebody_else_acknowledges_it(
    planned: Planned, fleet: Fleet, client_as: ClientAs, person: MakePerson
) -> None:
    operation, oncall = planned("guarded"), client_as("on-call")
    assert "Break the glass" in oncall.get(address(operation, fleet)).text
    oncall.post(address(operation, fleet, "confirm"), {"confirmation": "shard-1 blue", "break_glass": "on"})
    carried_out(operation, fleet)
    said = f"ran operation {operation.pk} as a break-glass, without anybody&#x27;s approval; nobody else has"
    approver = client_as("approver")
    for page in (address(operation, fleet), f"/fleets/{fleet.slug}/operations/", f"/fleets/{fleet.slug}/"):
        assert said in approver.get(page).text
    assert "Acknowledge the break-glass" not in oncall.get(address(operation, fleet)).text
    assert oncall.post(address(operation, fleet, "acknowledge"), {"comment": "Fine."}).status_code == 403
    answer = approver.post(address(operation, fleet, "acknowledge"), {"comment": "Rightly so."}, follow=True)
    assert "acknowledged it: Rightly so." in answer.text
    assert said not in approver.get(f"/fleets/{fleet.slug}/").text


def test_break_glass_without_the_right_is_refused(planned: Planned, fleet: Fleet, client_as: ClientAs) -> None:
    operation = planned("guarded")
    given = {"confirmation": "shard-1 blue", "break_glass": "on"}
    assert client_as("operator").post(address(operation, fleet, "confirm"), given).status_code == 403
    assert status(operation, fleet) == "planned"


def test_taking_back_leads_to_the_plan_of_the_inverse(
    confirmed: Planned, fleet: Fleet, client_as: ClientAs, person: MakePerson
) -> None:
    operation, operator = confirmed(), client_as("operator")
    with tenant_context(fleet):
        services.approve(operation, person("approver"))
    carried_out(operation, fleet)
    assert "Plan the inverse" in operator.get(address(operation, fleet)).text
    assert "Say why" in operator.post(address(operation, fleet, "take-back"), follow=True).text
    answer = operator.post(address(operation, fleet, "take-back"), {"reason": "Wrong shard."}, follow=True)
    assert "Takes back" in answer.text and "Waits for a confirmation" in answer.text
    page = operator.get(address(operation, fleet)).text
    assert "Taken back by" in page and "Plan the inverse" not in page


def test_a_plan_is_repeated_by_a_schedule(planned: Planned, fleet: Fleet, client_as: ClientAs) -> None:
    operation, operator = planned(), client_as("operator")
    given = {"confirmation": "shard-1 blue", "crontab": "0 25 * * *", "time_zone": "Europe/Berlin"}
    answer = operator.post(address(operation, fleet, "repeat"), given)
    assert answer.status_code == 422 and "is no crontab" in answer.text and "field-error" in answer.text
    answer = operator.post(address(operation, fleet, "repeat"), {**given, "crontab": "0 3 * * 1"}, follow=True)
    assert "Schedule" in answer.text and "03:00 Europe/Berlin" in answer.text
    with tenant_context(fleet):
        assert Recurrence.objects.get().crontab == "0 3 * * 1"


@pytest.mark.parametrize("act", ACTS)
def test_each_is_a_post_of_this_fleet(
    confirmed: Planned, fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, act: str
) -> None:
    operation = confirmed()
    assert client_as("admin").get(address(operation, fleet, act)).status_code == 405
    stranger = client_as("admin", fleet=other_fleet)
    given = {"confirmation": "shard-1 blue", "comment": "Fine.", "reason": "Because.", "crontab": "0 3 * * *"}
    assert stranger.post(address(operation, other_fleet, act), given).status_code == 404
    assert stranger.post(address(operation, fleet, act), given).status_code == 404
    assert status(operation, fleet) == "waiting"


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_has_no_button_and_is_refused(confirmed: Planned, fleet: Fleet, client_as: ClientAs, act: str) -> None:
    operation, viewer = confirmed(), client_as("viewer")
    page = viewer.get(address(operation, fleet)).text
    assert f'operations/{operation.pk}/{act}"' not in page
    given = {"confirmation": "shard-1 blue", "comment": "Fine.", "reason": "Because.", "crontab": "0 3 * * *"}
    answer = viewer.post(address(operation, fleet, act), given)
    assert answer.status_code == 403 or (act == "withdraw" and answer.status_code == 302)
    assert status(operation, fleet) == "waiting"


def test_a_holder_that_came_meanwhile_is_linked(
    planned: Planned, queued: Planned, fleet: Fleet, client_as: ClientAs
) -> None:
    operation, holder = planned(), queued()
    with tenant_context(fleet):
        OperationLock.objects.create(scope="shard", name="shard-1", operation=holder)
    operator = client_as("operator")
    answer = operator.post(address(operation, fleet, "confirm"), {"confirmation": "shard-1 blue"}, follow=True)
    assert f"is held by operation {holder.pk}" in answer.text and f'href="{address(holder, fleet)}"' in answer.text


def test_progress_has_a_rate_and_a_time_left(queued: Planned, fleet: Fleet, client_as: ClientAs, folder: Path) -> None:
    operation = queued()
    with tenant_context(fleet):
        Operation.objects.update(status="running", started_at=timezone.now())
        operation.steps.filter(index=0).update(status="running", done=250, total=1000, rate=50.0)
    page = client_as("viewer").get(address(operation, fleet)).text
    assert "250 of 1,000" in page and "50/s" in page and "15\N{NO-BREAK SPACE}s left" in page.replace("\u202f", "\xa0")
