"""The page of the change stream, from what is stored: each part in order, its age, and what a failure means."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from caching.stream import parts, samples
from caching.stream.findings import rule
from caching.stream.giving_up import most_wal_bytes
from caching.stream.models import PartState, StreamMinute, StreamPart, StreamSettings
from caching.stream.parts import Report
from metrics.contract import Severity
from metrics.selectors import snapshot
from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server, Shard

SignIn = Callable[..., Client]
NAMES = ("reader:shard-1", *(f"invalidator:{lane}" for lane in range(4)), "rollups")
STOPS = ("Shards", "Readers", "JetStream", "Invalidator", "Rollups")


def work(name: str, state: PartState = PartState.WORKING, cause: str = "", **more: object) -> None:
    now = timezone.now()
    said = {"holder": "host:1", "seen_at": now, "state_since": now, "numbers": {"delay_seconds": 0.012}, **more}
    StreamPart.objects.update_or_create(name=name, defaults={"state": state, "cause": cause, **said})


@pytest.fixture
def streamed(fleet: Fleet) -> Fleet:
    with tenant_context(fleet):
        Shard.objects.create(name="shard-1", cluster="shard-1", database="novacron")
        Server.objects.create(kind="nats", name="nats-1", host="192.0.2.1", port=4)
        parts.register(NAMES)
        for name in NAMES:
            work(name)
    return fleet


def page(fleet: Fleet, client: Client, query: str = "") -> str:
    answer = client.get(f"/fleets/{fleet.slug}/change-stream/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_part_is_there_in_order(streamed: Fleet, client_as: SignIn) -> None:
    found = page(streamed, client_as("viewer"))
    places = [found.index(f"</svg>{title}</h2>") for title in STOPS]
    assert places == sorted(places)
    assert all(f"lane {lane}" in found for lane in range(4)) and "shard-1" in found


def test_a_part_that_does_not_get_on_says_why_and_what_that_means_for_reads(streamed: Fleet, client_as: SignIn) -> None:
    with tenant_context(streamed):
        since = timezone.now() - timedelta(minutes=5)
        work("reader:shard-1", PartState.STUCK, "Patroni tells of no leader of shard-1.", state_since=since)
        [found] = rule(snapshot(), timezone.now())
    assert (found.key, found.severity, found.since) == ("stream:part:reader:shard-1", Severity.CRITICAL, since)
    assert "no leader of shard-1" in found.sentence and "30\u00a0min" in found.sentence
    shown = page(streamed, client_as("viewer"))
    assert "Changes of shard-1 are not read" in shown and "may be as old as that" in shown


def test_a_process_that_is_silent_counts_as_nobody(streamed: Fleet) -> None:
    with tenant_context(streamed):
        work("invalidator:2", seen_at=timezone.now() - timedelta(minutes=2))
        [found] = rule(snapshot(), timezone.now())
    assert found.severity == Severity.CRITICAL and "invalidator 2" in found.sentence and "manage.py" in found.next_step


def test_a_fleet_without_nats_has_no_change_stream_and_no_findings(fleet: Fleet, client_as: SignIn) -> None:
    with tenant_context(fleet):
        assert list(rule(snapshot(), timezone.now())) == []
    assert "no shards yet" in page(fleet, client_as("viewer"))


@pytest.mark.parametrize("span", ["", "?span=6h", "?span=24h", "?span=nonsense"])
def test_what_was_kept_over_time_is_drawn(
    streamed: Fleet, client_as: SignIn, span: str, django_assert_max_num_queries: Callable[..., object]
) -> None:
    with tenant_context(streamed):
        now = timezone.now()
        minute = now.replace(second=0, microsecond=0)
        StreamMinute.objects.create(tenant_id="acme", shard="shard-1", minute=minute, transactions=7, created=3)
        samples.keep({name: Report(numbers={"delay_seconds": 0.5, "unknown": 1.0}) for name in NAMES})
        assert samples.over_time("delay_seconds", now - timedelta(minutes=5))["rollups"].values == (0.5,)
        assert samples.over_time("unknown", now - timedelta(minutes=5)) == {}
    client = client_as("viewer")
    page(streamed, client)
    with django_assert_max_num_queries(32):  # type: ignore[attr-defined]
        assert "acme" in page(streamed, client, span)


def test_who_manages_the_fleet_sets_how_much_wal_a_slot_may_hold(streamed: Fleet, client_as: SignIn) -> None:
    address, admin = f"/fleets/{streamed.slug}/change-stream/bound/", client_as("admin")
    assert admin.post(address, {"most_wal_gib": "2.5"}).status_code == 302
    with tenant_context(streamed):
        assert most_wal_bytes() == 5 * 1024**3 // 2
        record = Record.objects.get(subject="setting:change-stream")
    assert record.data["before"] == {"most_wal_bytes": 1024**3}
    assert admin.get(address).status_code == 405


@pytest.mark.parametrize("value", ["", "0", "-1", "much"])
def test_what_is_no_bound_is_refused(streamed: Fleet, client_as: SignIn, value: str) -> None:
    client_as("admin").post(f"/fleets/{streamed.slug}/change-stream/bound/", {"most_wal_gib": value})
    with tenant_context(streamed):
        assert not StreamSettings.objects.exists()


def test_who_may_not_neither_sees_the_form_nor_can_send_it(streamed: Fleet, client_as: SignIn) -> None:
    assert "change-stream/bound" not in page(streamed, client_as("operator"))
    answer = client_as("operator").post(f"/fleets/{streamed.slug}/change-stream/bound/", {"most_wal_gib": "2"})
    assert answer.status_code == 403


def test_another_fleets_people_see_nothing(streamed: Fleet, client_as: SignIn, other_fleet: Fleet) -> None:
    stranger = client_as("viewer", fleet=other_fleet)
    assert stranger.get(f"/fleets/{streamed.slug}/change-stream/").status_code in (403, 404)
