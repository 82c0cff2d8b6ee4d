"""What mends a finding: the form of an operation, filled in with what its kind takes."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from metrics.contract import Finding, Remedy, ServerSeen
from novaops.operations import registry
from shards.clients.pgbouncer_replies import Pool, PooledDatabase
from shards.pools.facts import PgBouncerFacts
from shards.pools.findings import pools
from shards.pools.pausing.findings import paused_finding
from shards.replication.facts import Backend, LongestTransaction, Slot
from shards.replication.maintenance.pause_findings import paused_finding as failover_paused
from tests.shards.test_fault_findings import LEADER, NOW, REFUSED, REPLICA, Fleet, postgres
from tests.shards.test_finding_probes import fleet, seen

LONG = LongestTransaction(pid=7, user="app", seconds=4000, state="active")
BEHIND: dict[str, Any] = {"replay_lag_seconds": 60.0, "received": 9, "replayed": 1, "longest_transaction": LONG}
BUSY = Backend(pid=7, state="active", started="2026-11-29T07:50:29.123456Z")
SLOT = Slot(name="reader", kind="logical", active=False, wal_status="lost")
POOL = ServerSeen(1, "pgbouncer", "p", "127.0.0.1", 1, "four")
FULL = PgBouncerFacts(
    version="1.18",
    databases=(PooledDatabase(name="primary", host="h", pool_size=4),),
    pools=(Pool(database="primary", user="app", sv_active=4),),
)


def of_fleet(told: Fleet) -> Finding:
    return next(one for one in told.told() if one.remedy)


@pytest.mark.parametrize(
    ("find", "kind"),
    [
        (lambda: failover_paused("shard-2", None, NOW), "failover-resume"),
        (lambda: paused_finding(seen(POOL, "pgbouncer", FULL), "primary", None, NOW), "pool-resume"),
        (lambda: next(one for one in pools(fleet(seen(POOL, "pgbouncer", FULL)), NOW) if one.remedy), "pool-resize"),
        (
            lambda: of_fleet(Fleet().silent("patroni", "patroni-itself", "postgres", name=LEADER, **REFUSED)),
            "failover",
        ),
        (
            lambda: of_fleet(Fleet().now("postgres", REPLICA, facts=postgres(REPLICA, receiver_status=""))),
            "member-reinitialise",
        ),
        (
            lambda: of_fleet(Fleet().now("postgres", REPLICA, facts=postgres(REPLICA, backends=(BUSY,), **BEHIND))),
            "backend-terminate",
        ),
        (lambda: of_fleet(Fleet().now("postgres", LEADER, facts=postgres(LEADER, slots=(SLOT,)))), "slot-drop"),
    ],
)
def test_a_remedy_fills_in_the_form_of_its_kind(find: Callable[[], Finding], kind: str) -> None:
    remedy = find().remedy
    assert remedy and remedy.kind == kind
    assert wrong(remedy) == []


def wrong(remedy: Remedy) -> list[str]:
    """What the kind does not take of it; what is left for the person to choose may be missing."""
    try:
        registry.kind(remedy.kind).parameters.model_validate(remedy.parameters)
    except ValidationError as problem:
        return [str(one["loc"]) for one in problem.errors() if one["type"] != "missing"]
    return []


def test_a_transaction_of_an_unknown_session_has_none() -> None:
    """Its process number alone may be somebody else's by then."""
    told = Fleet().now("postgres", REPLICA, facts=postgres(REPLICA, **BEHIND)).told()
    assert told and not [one for one in told if one.remedy]
