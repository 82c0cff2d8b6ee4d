"""Rules over a snapshot: what is said, how bad it is, and what is left unsaid."""

from datetime import UTC, datetime, timedelta
from typing import Any

from caching.facts import FamiliesFacts, FamilyTraffic
from caching.findings import hit_ratios
from metrics.contract import Facts, Seen, ServerSeen, Severity, ShardSeen, Snapshot, State
from metrics.rules import nobody_asks, unreachable
from novaops.inventory.models import ServerKind
from shards.clients.patroni_replies import Cluster, Config, Status
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.pools.facts import PgBouncerFacts
from shards.pools.findings import pools
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts, PostgresFacts, Slot
from shards.replication.findings import clusters
from shards.replication.server_findings import servers
from tests.replies import said

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SHARD = ShardSeen("four", "four", "novacron", 100, "active")
POSTGRES = PostgresFacts(version="15", version_number=150000, in_recovery=False, started_at=NOW, uptime_seconds=1)


def server(kind: ServerKind, name: str, port: int = 1) -> ServerSeen:
    return ServerSeen(port, kind, name, "127.0.0.1", port, "four")


def seen(one: ServerSeen, probe: str, facts: Facts | None, state: State = State.OK, **more: Any) -> Seen:
    return Seen(one, probe, state, facts=facts, checked_at=NOW, good_at=NOW, state_since=NOW, **more)


def fleet(*readings: Seen) -> Snapshot:
    return Snapshot(NOW, 5, (SHARD,), tuple({one.server.name: one.server for one in readings}.values()), readings)


def patroni(cluster: dict[str, Any], mode: str = "on") -> tuple[Seen, Seen]:
    one = server(ServerKind.PATRONI, "four-a")
    facts = PatroniFacts(status=Status(), cluster=Cluster.from_response(cluster))
    return seen(one, "patroni", facts), seen(
        one, "patroni-settings", PatroniSettingsFacts(config=Config(synchronous_mode=mode))
    )


def test_a_quiet_cluster_says_nothing() -> None:
    assert not list(clusters(fleet(*patroni(said("patroni-4.1.5/cluster-quiet"))), NOW))


def test_no_leader_and_a_missing_standby() -> None:
    whole = said("patroni-4.1.5/cluster-paused")
    alone = {**whole, "members": [one for one in whole["members"] if one["role"] != "sync_standby"]}
    assert {one.key for one in clusters(fleet(*patroni(alone)), NOW)} == {"replication:sync:four"}
    headless = {**whole, "members": [one for one in whole["members"] if one["role"] != "leader"]}
    worst = max(clusters(fleet(*patroni(headless)), NOW), key=lambda one: one.severity)
    assert (worst.severity, worst.sentence) == (Severity.CRITICAL, "four has no leader: nothing can be written.")


def test_lag_by_seconds() -> None:
    for lag, wanted in ((1.0, []), (5.0, [Severity.WARNING]), (11.0, [Severity.CRITICAL])):
        facts = POSTGRES.model_copy(
            update={"in_recovery": True, "replay_lag_seconds": lag, "receiver_status": "streaming"}
        )
        found = servers(fleet(seen(server(ServerKind.POSTGRES, "four-b"), "postgres", facts)), NOW)
        assert [one.severity for one in found] == wanted


def test_slots() -> None:
    held = (
        Slot(name="idle", kind="logical", held_bytes=1),
        Slot(name="used", kind="physical", active=True, held_bytes=2**31),
    )
    facts = POSTGRES.model_copy(update={"slots": (*held, Slot(name="gone", kind="logical", wal_status="lost"))})
    found = list(servers(fleet(seen(server(ServerKind.POSTGRES, "four-a"), "postgres", facts)), NOW))
    assert [one.severity for one in found] == [Severity.INFO, Severity.CRITICAL, Severity.CRITICAL]


def test_a_pool_that_sends_writes_elsewhere() -> None:
    cluster = said("patroni-4.1.5/cluster-quiet")
    members = [
        seen(server(ServerKind.POSTGRES, name, port), "postgres", None)
        for name, port in (("four-a", 16620), ("four-b", 16621))
    ]
    facts = PgBouncerFacts(version="1", databases=(PooledDatabase(name="primary", host="127.0.0.1", port=16621),))
    snapshot = fleet(patroni(cluster)[0], *members, seen(server(ServerKind.PGBOUNCER, "pool"), "pgbouncer", facts))
    snapshot = Snapshot(NOW, 5, (SHARD,), tuple(one.server for one in snapshot.readings), snapshot.readings)
    (found,) = pools(snapshot, NOW)
    assert found.sentence == "pool sends writes to four-b, but four-a leads."


def test_a_silent_server_is_one_finding() -> None:
    one = server(ServerKind.PATRONI, "four-a")
    down: dict[str, Any] = {"state": State.UNREACHABLE, "cause": "No answer within 3 s."}
    both = (seen(one, "patroni", None, **down), seen(one, "patroni-settings", None, every_seconds=30, **down))
    (found,) = unreachable(fleet(*both), NOW)
    assert found.severity == Severity.CRITICAL and found.sentence.endswith("does not answer: No answer within 3 s.")


def test_nobody_asks() -> None:
    one = seen(server(ServerKind.ETCD, "etcd-1"), "etcd", None)
    assert not list(nobody_asks(fleet(one), NOW + timedelta(seconds=15)))
    (found,) = nobody_asks(fleet(one), NOW + timedelta(minutes=2))
    assert found.sentence == "No collector has asked the fleet's servers for 2\u00a0min: every value is old."


def test_hit_ratio_of_now() -> None:
    facts = FamiliesFacts(found=True, families=(FamilyTraffic(family="vm", tier="L1", hits_total=9**9),))
    rates = {"vm:hits_total": 5.0, "vm:misses_total": 5.0}
    one = server(ServerKind.REDIS, "redis-1")
    found = list(hit_ratios(fleet(seen(one, "families", facts, rates=rates, rates_seconds=100)), NOW))
    assert [(one.severity, one.subject) for one in found] == [
        (Severity.CRITICAL, "L1"),
        (Severity.INFO, "L1 family “vm”"),
    ]
    assert not list(hit_ratios(fleet(seen(one, "families", facts, rates=rates, rates_seconds=10)), NOW)), (
        "too few reads"
    )
