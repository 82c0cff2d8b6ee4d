"""Events reach the pages of their fleet, and no other's, through a real server."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Membership
from novaops.live import publish
from novaops.live.views import may_hear
from tests import control_database
from tests.live.console import POOL, console, events

Browser = Callable[..., Client]
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.mark.django_db(transaction=True)
def test_a_page_hears_its_own_fleet_only_and_the_stream_survives_what_it_must(
    fleet: Fleet, other_fleet: Fleet, client_as: Browser
) -> None:
    mine, theirs = client_as("viewer"), client_as("viewer", fleet=other_fleet)
    connection.close()
    with console() as server, psycopg.connect(control_database.url(), autocommit=True) as watcher:
        heard = events(server.get("/fleets/alpha/live", mine, stream=True))
        heard_there = events(server.get("/fleets/beta/live", theirs, stream=True))
        assert next(heard) == next(heard_there) == "listening"

        with tenant_context(other_fleet):
            publish("operation-7", {"operation": 7})
        with tenant_context(fleet):
            publish("samples", {"text": "two\nlines"})
        assert next(heard) == "samples"
        assert next(heard_there) == "operation-7"

        more = [server.get("/fleets/alpha/live", mine, stream=True) for _ in range(2 * POOL)]
        assert [next(events(one)) for one in more] == ["listening"] * len(more)
        assert server.get("/fleets/alpha/people/", mine).ok, "open streams hold no connection of the pool"
        listeners = watcher.execute(LISTENERS).fetchall()
        assert len(listeners) == 1, "one listening connection for all pages"

        watcher.execute("SELECT pg_terminate_backend(%s)", listeners[0])
        assert list(heard) == list(heard_there) == [], "pages come again after a gap"
        heard = events(server.get("/fleets/alpha/live", mine, stream=True))
        assert next(heard) == "listening"
        with tenant_context(fleet):
            publish("operations")
        assert next(heard) == "operations"

        assert server.stop() in {0, -15}, "an open stream does not keep the server from stopping"
        assert list(heard) == []


def test_a_stream_is_refused_to_strangers(fleet: Fleet, other_fleet: Fleet, client_as: Browser) -> None:
    assert client_as("admin", fleet=other_fleet).get("/fleets/alpha/live").status_code == 404
    assert Client().get("/fleets/alpha/live").status_code == 401
    assert client_as("viewer").post("/fleets/alpha/live").status_code == 405


def test_who_loses_the_role_or_signs_out_hears_no_more(fleet: Fleet, client_as: Browser) -> None:
    browser = client_as("viewer")
    key = browser.session.session_key or ""
    assert may_hear(key, fleet.slug)
    assert not may_hear(key, "beta")
    Membership.objects.all().delete()
    assert not may_hear(key, fleet.slug)
    again = client_as("viewer")
    key = again.session.session_key or ""
    assert may_hear(key, fleet.slug)
    again.post("/logout")
    assert not may_hear(key, fleet.slug)


def test_an_event_belongs_to_a_fleet_and_has_a_name_that_a_stream_carries(in_fleet: Fleet) -> None:
    with pytest.raises(ValueError, match="cannot be an event's name"):
        publish("two\nlines")
    publish("large", {"text": "x" * 20_000})
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="belongs to no fleet"):
        publish("samples")
