"""The API answers what the pages answer, to those who may see it."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server

Browser = Callable[..., Client]


@pytest.fixture
def silent_cache(fleet: Fleet) -> Server:
    """A Memcached that answered two minutes ago and does not any more."""
    now = timezone.now()
    with tenant_context(fleet):
        server = Server.objects.create(kind="memcached", name="memcached-9", host="10.0.0.9", port=11211)
        Reading.objects.create(
            server=server,
            probe="memcached",
            state="unreachable",
            cause="connection refused",
            values={"items": 7.0},
            checked_at=now,
            good_at=now - timedelta(minutes=2),
            state_since=now - timedelta(minutes=1),
            due_at=now,
        )
    return server


def test_servers_come_with_their_last_good_values_and_say_that_they_are_old(
    fleet: Fleet, silent_cache: Server, client_as: Browser
) -> None:
    body = client_as("viewer").get("/fleets/alpha/api/servers?kind=memcached").json()
    [server] = body["servers"]
    [reading] = server["readings"]
    assert (server["name"], server["address"], server["state"]) == ("memcached-9", "10.0.0.9:11211", "unreachable")
    assert reading["old"] and reading["age_seconds"] >= 120
    assert (reading["cause"], reading["values"]) == ("connection refused", {"items": 7.0})


def test_no_fleet_shows_another_ones_servers(silent_cache: Server, other_fleet: Fleet, client_as: Browser) -> None:
    browser = client_as("admin", fleet=other_fleet)
    assert browser.get("/fleets/beta/api/servers").json()["servers"] == []
    assert b"memcached-9" not in browser.get("/fleets/beta/api/findings").content
    assert browser.get("/fleets/alpha/api/servers").status_code == 404


def test_a_viewer_may_look_but_not_act(fleet: Fleet, client_as: Browser) -> None:
    viewer = client_as("viewer")
    assert viewer.get("/fleets/alpha/api/operations").json() == {"count": 0, "next": None, "operations": []}
    assert viewer.get("/fleets/alpha/api/operations/1").status_code == 404
    wanted = {"kind": "cache-flush", "parameters": {}, "reason": "because"}
    answer = viewer.post("/fleets/alpha/api/operations", json.dumps(wanted), content_type="application/json")
    assert answer.status_code == 403 or "no kind of operation" in answer.json()["detail"]
    assert viewer.delete("/fleets/alpha/api/operations").status_code == 405


def test_a_wrong_request_is_answered_by_a_sentence(fleet: Fleet, client_as: Browser) -> None:
    wanted = {"kind": "paint-it-red", "parameters": {}, "reason": "because"}
    answer = client_as("operator").post(
        "/fleets/alpha/api/operations", json.dumps(wanted), content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("There is no kind of operation named 'paint-it-red'.")
    assert client_as("operator").get("/fleets/alpha/api/operations?limit=0").status_code == 422


def test_what_changes_something_needs_the_csrf_token(fleet: Fleet, client_as: Browser) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_as("operator").cookies
    answer = strict.post("/fleets/alpha/api/operations", "{}", content_type="application/json")
    assert answer.status_code == 403 and "X-CSRFToken" in answer.json()["detail"]


def test_the_api_describes_itself_with_the_fleets_own_addresses(fleet: Fleet, client_as: Browser) -> None:
    paths = client_as("viewer").get("/fleets/alpha/api/openapi.json").json()["paths"]
    assert "/fleets/alpha/api/operations/{pk}/confirm" in paths
    assert "/fleets/alpha/api/servers" in paths
