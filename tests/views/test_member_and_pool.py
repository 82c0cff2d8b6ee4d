"""The pages of one member, of one pool, of etcd, and of the history of leaders."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading, Sample
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server
from novaops.inventory.targets import Target
from shards.clients.patroni_replies import Config, TimelineSwitch
from shards.clients.pgbouncer_replies import Pool, PoolConnection, PooledDatabase, PoolTraffic
from shards.pools.facts import PgBouncerConnectionsFacts, PgBouncerFacts
from shards.pools.pausing.models import PoolPause
from shards.replication.facts import (
    Archiver,
    Backend,
    BaseBackup,
    EtcdFacts,
    PatroniSettingsFacts,
    PostgresSettingsFacts,
    Setting,
)
from shards.replication.history_models import LeaderSwitch
from shards.replication.history_recording import keep_history
from tests.replication.test_quorum import status
from tests.views.fleet_rows import postgres_facts, reading

ClientAs = Callable[..., Client]


def said(server: str, **changes: object) -> None:
    """The PostgreSQL of shard-1-a told this as well."""
    facts = postgres_facts("shard-1", 0 if server.endswith("a") else 1).model_copy(update=changes)
    Reading.objects.filter(server__name=server, probe="postgres").update(facts=facts.model_dump(mode="json"))


def test_a_member_tells_what_hurts(seen_fleet: Fleet, client_as: ClientAs) -> None:
    failed = Archiver(mode="on", failed_count=3, failed_wal="00000007000000000000000A", failed_at=timezone.now())
    with tenant_context(seen_fleet):
        said(
            "shard-1-a",
            backends=(Backend(pid=4711, user="app", state="active", wait_type="Lock", wait="tuple", blocked_by=(12,)),),
            base_backups=(
                BaseBackup(pid=9, application="shard-1-d", phase="streaming", total_bytes=100, done_bytes=25),
            ),
            archiver=failed,
            pending_restart=("max_connections",),
            may_see=False,
            seen_as="novaops",
        )
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/replication/members/shard-1-a/").text
    for sentence in (
        "not in pg_monitor",
        "GRANT pg_monitor TO novaops",
        "waits for a restart: max_connections",
        "The last try to archive WAL failed",
        "Lock: tuple",
        "of pid 12",
        "streaming for shard-1-d",
    ):
        assert sentence in page, sentence


def test_settings_that_differ_are_shown_side_by_side(seen_fleet: Fleet, client_as: ClientAs) -> None:
    with tenant_context(seen_fleet):
        for letter, value in (("a", "8 kB"), ("b", "16 kB")):
            server = Server.objects.get(name=f"shard-1-{letter}", kind="postgres")
            rows = (Setting(name="work_mem", value=value), Setting(name="port", value=letter), Setting(name="jit"))
            reading(server, "postgres-settings", PostgresSettingsFacts(settings=rows), {}, timezone.now())
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/replication/members/shard-1-b/").text
    assert "work_mem" in page and "16 kB" in page and ">port<" not in page and ">jit<" not in page


@pytest.mark.parametrize("page", ["replication/members/shard-1-z/", "replication/pools/none/"])
def test_what_is_not_there_is_not_found(seen_fleet: Fleet, client_as: ClientAs, page: str) -> None:
    assert client_as("viewer").get(f"/fleets/{seen_fleet.slug}/{page}").status_code == 404


def test_acts_are_there_for_who_may(seen_fleet: Fleet, client_as: ClientAs) -> None:
    form = "operations/new/switchover/?shard=shard-1&amp;candidate=shard-1-b"
    address = f"/fleets/{seen_fleet.slug}/replication/members/shard-1-b/"
    assert form in client_as("on-call").get(address).text
    assert "operations/new/" not in client_as("viewer").get(address).text


def test_a_pool(seen_fleet: Fleet, client_as: ClientAs) -> None:
    facts = PgBouncerFacts(
        version="1.18.0",
        pool_mode="transaction",
        databases=(PooledDatabase(name="primary", host="127.0.0.1", port=5100, pool_size=12, reserve_pool=4),),
        pools=(Pool(database="primary", user="app", cl_active=3, cl_waiting=2, sv_active=12, maxwait_seconds=1.5),),
        traffic=(PoolTraffic(database="primary", query_us=1500, queries_per_second=40),),
        clients=42,
        max_clients=100,
        config={"query_wait_timeout": "120"},
    )
    waits = (PoolConnection(state="waiting", host="10.0.0.8", port=1, wait_seconds=1.5),)
    lists = PgBouncerConnectionsFacts(clients=waits, clients_total=42)
    with tenant_context(seen_fleet):
        pool = Server.objects.get(name="shard-1-pool")
        Reading.objects.filter(server=pool).update(facts=facts.model_dump(mode="json"))
        reading(pool, "pgbouncer-connections", lists, {}, timezone.now())
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/replication/pools/shard-1-pool/").text
    for sentence in (
        "shard-1-a",
        "Prepared statements fail",
        "42 of 100",
        "12 of 12",
        "10.0.0.8:1",
        "1.5\u00a0ms",
        "120 s",
    ):
        assert sentence in page, sentence


def test_a_paused_pool_says_by_whom_and_until_when(seen_fleet: Fleet, client_as: ClientAs) -> None:
    paused = (PooledDatabase(name="primary", paused=True), PooledDatabase(name="replica", host="/run/pg", paused=True))
    at = timezone.now()
    with tenant_context(seen_fleet):
        facts = PgBouncerFacts(version="1.18.0", databases=paused).model_dump(mode="json")
        Reading.objects.filter(server__name="shard-1-pool").update(facts=facts, state="degraded")
        PoolPause.objects.create(
            pool="shard-1-pool",
            database="primary",
            operation=7,
            fencing_token=1,
            asked_at=at,
            paused_at=at,
            ends_at=at + timedelta(minutes=4),
        )
    page = client_as("on-call").get(f"/fleets/{seen_fleet.slug}/replication/pools/shard-1-pool/").text
    assert "Operation 7 paused it at" in page and "UTC at the latest." in page and "operations/7/" in page
    assert "is paused (replica): clients wait until it is resumed. The console did not pause it." in page
    assert "operations/new/pool-resume/?pool=shard-1-pool&amp;database=primary" in page
    assert "unix socket /run/pg, port 0" in page


def test_too_many_connections_are_counted_only(seen_fleet: Fleet, client_as: ClientAs) -> None:
    with tenant_context(seen_fleet):
        pool = Server.objects.get(name="shard-1-pool")
        lists = PgBouncerConnectionsFacts(clients_total=9000, servers_total=60, asked=False)
        reading(pool, "pgbouncer-connections", lists, {}, timezone.now())
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/replication/pools/shard-1-pool/").text
    assert "9,000 clients and 60 servers" in page and "counted only" in page


def test_etcd_of_three(seen_fleet: Fleet, client_as: ClientAs) -> None:
    with tenant_context(seen_fleet):
        for number, name in enumerate(("n1", "n2", "n3")):
            server = Server.objects.create(kind="etcd", name=name, host="127.0.0.1", port=29471 + number)
            raised = {"alarms_here": ("NOSPACE",)} if name == "n1" else {}
            facts = EtcdFacts(status=status(name).model_copy(update=raised))
            reading(server, "etcd", facts, {"took_ms": 1.0}, timezone.now())
        Reading.objects.filter(server__name="n3").update(state="unreachable", cause="No answer within 3 s.")
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/replication/etcd/").text
    assert "2 of 3 answer: one more loss stops failover." in page
    assert "n1 raised NOSPACE: nothing is written until" in page and "3.5.16" in page
    told = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/api/etcd").json()["clusters"][0]
    assert (told["serving"], told["voters"], told["health"]) == (2, 3, "warning")


AT = datetime(2026, 11, 29, 3, 0, 7, tzinfo=UTC)


@pytest.fixture
def failed_over(seen_fleet: Fleet) -> Fleet:
    """shard-1-b took over from shard-1-a at `AT`, while samples were taken; it was seen a minute later."""
    with tenant_context(seen_fleet):
        old, new = (Server.objects.get(name=f"shard-1-{letter}", kind="postgres") for letter in "ab")
        for seconds in range(-30, 40, 5):
            at = AT + timedelta(seconds=seconds)
            rows = {"rows_written_total": 100.0 + seconds, "wal_bytes_total": 5000.0 + seconds}
            Sample.objects.create(server=old, probe="postgres", at=at, values=rows if seconds < 0 else {})
            grown = max(0, seconds - 15)
            Sample.objects.create(server=new, probe="postgres", at=at, values={"rows_written_total": 7.0 + grown})
        target = Target(1, "patroni", "shard-1-b", "127.0.0.1", 1, shard="shard-1", cluster="shard-1")
        keep_history(target, PatroniSettingsFacts(config=Config()), AT - timedelta(hours=1))
        switch = TimelineSwitch(timeline=7, lsn=9000, reason="no recovery target", at=AT, new_leader="shard-1-b")
        told = PatroniSettingsFacts(config=Config(synchronous_mode="on"), history=(switch,))
        for after in (60, 90):
            keep_history(target, told, AT + timedelta(seconds=after))
    return seen_fleet


def test_a_change_of_leader_is_measured_once(failed_over: Fleet, client_as: ClientAs) -> None:
    with tenant_context(failed_over):
        (one,) = LeaderSwitch.objects.all()
    assert (one.shard, one.timeline, one.new_leader, one.synchronous) == ("shard-1", 8, "shard-1-b", "on")
    assert (one.gap_least, one.gap_most, one.lost_bytes) == (5.0, 25.0, 0)
    page = client_as("viewer").get(f"/fleets/{failed_over.slug}/replication/history/").text
    assert "shard-1-b took over from shard-1-a" in page and "5\u00a0s to 25\u00a0s" in page and "By itself" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("shard=shard-1", True),
        ("shard=shard-2", False),
        ("since=2026-11-29&until=2026-11-29", True),
        ("since=2026-11-30", False),
        ("until=2026-13-99", True),
        ("who=itself", True),
        ("who=asked", False),
    ],
)
def test_filters_of_the_history(failed_over: Fleet, client_as: ClientAs, query: str, found: bool) -> None:
    page = client_as("viewer").get(f"/fleets/{failed_over.slug}/replication/history/?{query}").text
    assert ("took over" in page) is found
    api = client_as("viewer").get(f"/fleets/{failed_over.slug}/api/leader-history?{query}").json()
    assert api["count"] == int(found)


def test_the_api_tells_the_same(seen_fleet: Fleet, client_as: ClientAs) -> None:
    viewer, base = client_as("viewer"), f"/fleets/{seen_fleet.slug}/api/"
    (one,) = viewer.get(base + "replication?shard=shard-1").json()["shards"]
    assert (one["leader"], one["writes"], one["timeline"]) == ("shard-1-a", "work", 7)
    assert {member["name"]: member["follows"] for member in one["members"]}["shard-1-c"] == "shard-1-a"
    told = viewer.get(base + "members/shard-1-b").json()
    assert told["facts"]["version"] == "15.14" and told["shard"] == "shard-1"
    assert viewer.get(base + "members/none").status_code == 404
