"""The browser's side: what is shown to whom, and what the server refuses whatever was shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.operations.models import Operation, OperationLock
from novaops.operations.runner import execute
from tests.operations import kinds
from tests.operations.conftest import Planned

ClientAs = Callable[..., Client]


def test_from_the_form_to_the_outcome(fleet: Fleet, client_as: ClientAs, folder: Path) -> None:
    client, base = client_as("operator"), f"/fleets/{fleet.slug}/operations/"
    assert "Write three words" in client.get(base).text
    form = client.get(f"{base}new/writing/?shard=shard-9").text
    assert 'value="shard-9"' in form and 'name="reason"' in form
    answer = client.post(f"{base}new/writing/", {"folder": str(folder), "mishap": "none", "reason": "To see."})
    page = client.get(answer["Location"]).text
    assert "Write three words in blue." in page and 'name="confirmation"' in page and "The folder is free." in page
    number = int(answer["Location"].rstrip("/").rsplit("/", 1)[1])
    client.post(f"{base}{number}/confirm", {"confirmation": "shard-1 blue"})
    assert f"Cancel operation {number}" in client.get(f"{base}{number}/").text
    with tenant_context(fleet):
        execute(number)
    page = client.get(f"{base}{number}/").text
    assert "Done: Write three words" in page and "Wrote second." in page and "Cancel operation" not in page
    assert "Wrote third." in client.get(base).text


def test_what_is_wrong_stands_at_its_field(fleet: Fleet, client_as: ClientAs, folder: Path) -> None:
    client, address = client_as("operator"), f"/fleets/{fleet.slug}/operations/new/writing/"
    answer = client.post(address, {"mishap": "flood", "reason": ""})
    assert answer.status_code == 422 and answer.text.count("field-error") == 3
    with tenant_context(fleet):
        assert not Operation.objects.exists()


def test_the_wrong_phrase_comes_back_with_the_reason(planned: Planned, fleet: Fleet, client_as: ClientAs) -> None:
    operation, client = planned(), client_as("operator")
    address = f"/fleets/{fleet.slug}/operations/{operation.pk}/"
    answer = client.post(f"{address}confirm", {"confirmation": "yes"}, follow=True)
    assert "Type exactly" in answer.text
    with tenant_context(fleet):
        operation.refresh_from_db()
    assert operation.status == "planned"


@pytest.mark.parametrize("role", ["viewer", "auditor", "approver"])
def test_without_the_right_there_is_no_control_and_the_server_refuses(
    planned: Planned, fleet: Fleet, client_as: ClientAs, role: str
) -> None:
    operation, client, base = planned(), client_as(role), f"/fleets/{fleet.slug}/operations/"
    assert "New operation" not in client.get(base).text
    page = client.get(f"{base}{operation.pk}/").text
    assert 'name="confirmation"' not in page and "Cancel operation" not in page
    assert client.get(f"{base}new/writing/").status_code == 403
    assert client.post(f"{base}new/writing/", {"reason": "x"}).status_code == 403
    assert client.post(f"{base}{operation.pk}/confirm", {"confirmation": "shard-1 blue"}).status_code == 403
    assert client.post(f"{base}{operation.pk}/cancel").status_code == 403
    with tenant_context(fleet):
        assert Record.objects.filter(verb="operation refused", actor=f"{role}-{fleet.slug}").count() == 4
        operation.refresh_from_db()
    assert operation.status == "planned"


def test_only_posts_change_anything(planned: Planned, fleet: Fleet, client_as: ClientAs) -> None:
    operation, client = planned(), client_as("operator")
    for act in ("confirm", "cancel"):
        assert client.get(f"/fleets/{fleet.slug}/operations/{operation.pk}/{act}").status_code == 405


def test_another_fleet_sees_nothing_of_it(
    planned: Planned, fleet: Fleet, other_fleet: Fleet, client_as: ClientAs
) -> None:
    operation = planned()
    stranger = client_as("operator", fleet=other_fleet)
    assert stranger.get(f"/fleets/{fleet.slug}/operations/{operation.pk}/").status_code == 404
    for act in ("", "confirm", "cancel"):
        answer = stranger.post if act else stranger.get
        assert answer(f"/fleets/{other_fleet.slug}/operations/{operation.pk}/{act}").status_code == 404
    assert "Write three words in blue" not in stranger.get(f"/fleets/{other_fleet.slug}/operations/").text


def test_the_list_has_a_query_budget(
    planned: Planned, fleet: Fleet, client_as: ClientAs, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(6):
        planned()
    client = client_as("operator")
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        assert client.get(f"/fleets/{fleet.slug}/operations/").text.count("Write three words in blue.") == 6


def test_what_runs_stands_first_and_says_how_far_it_is(
    confirmed: Planned, queued: Planned, fleet: Fleet, client_as: ClientAs
) -> None:
    running, waits, resting = queued(), confirmed(), queued()
    with tenant_context(fleet):
        now = timezone.now()
        Operation.objects.filter(pk__in=[running.pk, resting.pk]).update(status="running", started_at=now)
        Operation.objects.filter(pk=resting.pk).update(status="paused")
        Operation.objects.filter(pk=running.pk).update(cancel_requested=True)
        running.steps.filter(index=1).update(status="running", done=250, total=1000, rate=50.0)
    page = client_as("approver").get(f"/fleets/{fleet.slug}/operations/").text
    listed = [page.index(f'id="operation-{one.pk}"') for one in (resting, running, waits)]
    assert listed == sorted(listed) and "waits for you" in page
    assert "Step 2 of 3: Write second, 25" in page and "left" in page and "Cancelling" in page


def test_a_stale_plan_shows_the_difference_and_the_way_to_a_new_one(
    queued: Planned, fleet: Fleet, client_as: ClientAs, folder: Path
) -> None:
    operation, client, base = queued(), client_as("operator"), f"/fleets/{fleet.slug}/operations/"
    page = client.get(f"{base}{operation.pk}/").text
    assert "Plan it again" not in page
    kinds.prepare(folder, colour="red", blocked=True)
    with tenant_context(fleet):
        execute(operation.pk)
    answer = client.get(f"{base}{operation.pk}/")
    assert "What changed since it was planned" in answer.text and "nothing was carried out" in answer.text
    for what, before, now in (("colour", "blue", "red"), ("Check “Free”", "passed: The folder", "The folder is free.")):
        row = answer.text.split(f'<th scope="row">{what}</th>')[1].split("</tr>")[0]
        assert before in row and now in row
    form = client.get(answer.context["again"]).text
    assert f'value="{folder}"' in form and "To see it written." in form
    assert "Plan it again" not in client_as("viewer").get(f"{base}{operation.pk}/").text


def test_a_conflict_is_named_with_a_link_to_its_holder(
    queued: Planned, planned: Planned, fleet: Fleet, client_as: ClientAs
) -> None:
    holder = queued()
    OperationLock.objects.create(scope="shard", name="shard-1", operation=holder)
    refused, client = planned(), client_as("operator")
    page = client.get(f"/fleets/{fleet.slug}/operations/{refused.pk}/").text
    assert f'href="/fleets/{fleet.slug}/operations/{holder.pk}/"' in page and "is held by operation" in page
    assert 'name="confirmation"' not in page
