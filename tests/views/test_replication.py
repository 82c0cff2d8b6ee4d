"""Replication and the shard map: who leads, how far the others are behind, who may switch over."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading
from metrics.selectors import snapshot
from novaops.fleets.models import Fleet
from shards.clients.patroni_replies import Cluster, Status
from shards.replication.facts import PatroniFacts
from shards.replication.topology import topologies
from shards.selectors import shard_rows
from tests.views.fleet_rows import member, silence

ClientAs = Callable[..., Client]


def test_roles_lags_and_slots_are_shown(seen_fleet: Fleet, client_as: ClientAs) -> None:
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/replication/").text
    for said in ("All replicas follow", "Sync standby", "2\u00a0KiB", "250\u00a0ms", "shard-1_b", "4\u00a0KiB"):
        assert said in page, said


@pytest.mark.parametrize("page", ["replication/", "shards/shard-1/"])
def test_only_who_may_switch_over_sees_the_button(seen_fleet: Fleet, client_as: ClientAs, page: str) -> None:
    address = f"/fleets/{seen_fleet.slug}/operations/new/switchover/?shard=shard-1&amp;candidate=shard-1-b"
    assert address in client_as("on-call").get(f"/fleets/{seen_fleet.slug}/{page}").text
    assert "new/switchover" not in client_as("auditor").get(f"/fleets/{seen_fleet.slug}/{page}").text


def test_the_form_offers_shards_and_replicas_but_no_leader(seen_fleet: Fleet, client_as: ClientAs) -> None:
    address = f"/fleets/{seen_fleet.slug}/operations/new/switchover/?shard=shard-1&candidate=shard-1-b"
    form = client_as("operator").get(address).text
    assert '<option value="shard-1-b" selected>' in form
    assert '<option value="shard-1-a"' not in form
    assert client_as("viewer").get(address).status_code == 403


def test_a_silent_leader_makes_its_shard_critical_and_leaves_the_other_alone(seen_fleet: Fleet) -> None:
    with tenant_context(seen_fleet):
        silence("shard-1-a")
        first, second = topologies(snapshot())
    assert (first.health, second.health) == ("critical", "ok")
    assert first.leader and first.leader.state == "unreachable"
    assert "connection refused" in first.leader.cause
    assert second.sentence == "shard-2-a leads, 2 members follow."


def test_the_newest_word_of_a_member_that_answers_decides_who_leads(seen_fleet: Fleet) -> None:
    """The old leader still believes in itself; another member told of a new one."""
    told = Cluster(members=(member("shard-1", 1, role=member("shard-1", 0).role, timeline=8),))
    facts = PatroniFacts(status=Status(state="running"), cluster=told).model_dump(mode="json")
    with tenant_context(seen_fleet):
        silence("shard-1-a")
        Reading.objects.filter(server__name="shard-1-b", probe="patroni").update(
            facts=facts, good_at=timezone.now() + timedelta(seconds=1)
        )
        shard = topologies(snapshot())[0]
    assert (shard.leader_name, shard.timeline) == ("shard-1-b", 8)


def test_without_a_leader_the_map_says_that_writes_fail(seen_fleet: Fleet, client_as: ClientAs) -> None:
    told = Cluster(members=tuple(member("shard-2", index) for index in (1, 2)))
    facts = PatroniFacts(status=Status(state="running"), cluster=told).model_dump(mode="json")
    with tenant_context(seen_fleet):
        Reading.objects.filter(server__shard__name="shard-2", probe="patroni").update(facts=facts)
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/shards/").text
    assert "shard-2 has no leader: its writes fail." in page
    assert "no leader" in page


def test_growth_is_measured_against_the_oldest_sample(seen_fleet: Fleet) -> None:
    with tenant_context(seen_fleet):
        row = shard_rows(snapshot())[0]
    assert row.growth and row.growth.bytes == 0
    assert row.growth.window == "10\u00a0min"
    assert row.clients == 42
