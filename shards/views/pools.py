"""The pools of the fleet, and one of them. Asks no pool."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from metrics import selectors
from metrics.charts import Figure
from metrics.contract import Finding, Seen, Snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.request_forms import form_address, kinds_of
from shards import acts, charts
from shards.pools import page
from shards.pools.facts import PgBouncerFacts
from shards.pools.knowing import known, prepared_statements
from shards.pools.pausing.findings import of_pool
from shards.replication.seen import OLD_AT_ONCE, PoolSeen, ShardTopology
from shards.replication.topology import topologies
from shards.views.act_links import links

PLOTTED = timedelta(minutes=30)
SERIES = ("clients", "waiting", "servers_active", "transactions_total", "queries_total")


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause of the pool: the operation's address and that of the form which ends it, each empty without one."""

    finding: Finding
    operation: str
    form: str


@require_safe
@right_required(Right.VIEW)
def pools(request: FleetRequest) -> HttpResponse:
    shards, can = topologies(selectors.snapshot()), kinds_of(request.rights)
    rows = [(shard, pool, links(acts.pool_acts(pool.name, pool.facts, can))) for shard, pool in page.pools_of(shards)]
    return render(request, "shards/pools.html", {"rows": rows})


@require_safe
@right_required(Right.VIEW)
def pool(request: FleetRequest, name: str) -> HttpResponse:
    seen = selectors.snapshot()
    found = [(shard, one) for shard, one in page.pools_of(topologies(seen)) if one.name == name]
    if not found:
        raise Http404(f"This fleet has no pool named {name}.")
    return render(request, "shards/pool.html", _context(seen, *found[0], kinds_of(request.rights)))


def _context(seen: Snapshot, shard: ShardTopology, one: PoolSeen, can: frozenset[str]) -> dict[str, Any]:
    facts = one.facts
    whole = acts.pool_acts(one.name, facts, can)
    connections = page.connections(seen, one.name)
    asked = seen.seen("pgbouncer", one.name, "pgbouncer-connections")
    told = seen.seen("pgbouncer", one.name, "pgbouncer")
    server = next(server for server in seen.servers_of("pgbouncer", shard.name) if server.name == one.name)
    return {
        "shard": shard,
        "pool": one,
        "facts": facts,
        "pauses": _pauses(told, facts, can) if told and told.reachable and facts else [],
        "server": server,
        "lead": f"PgBouncer {facts.version if facts else ''} in front of {shard.name}, at {server.address}.".replace(
            "  ", " "
        ),
        "crumbs": [("Pools", fleet_path("pools")), (shard.name, fleet_path("shard", name=shard.name)), (one.name, "")],
        "acts": links(act for act in whole if "database" not in act.parameters),
        "uses": page.uses(facts) if facts else (),
        "databases": [
            (row, links(acts.database_acts(one.name, facts, row.database.name, can))) for row in page.databases(one)
        ],
        "known": list(known(facts)) if facts else [],
        "prepared": prepared_statements(facts) if facts else "",
        "connections": connections,
        "too_many": page.too_many(connections) if connections and not connections.asked else "",
        "connections_at": asked.good_at if asked else None,
        "limit": OLD_AT_ONCE if one.state == "unreachable" else shard.limit,
        "plots": plots(seen, server.id, facts),
    }


def _pauses(seen: Seen, facts: PgBouncerFacts, can: frozenset[str]) -> list[Paused]:
    return [
        Paused(finding, fleet_path("operation", pk=pause.operation) if pause else "", _form(finding, can))
        for finding, pause in of_pool(seen, facts, timezone.now())
    ]


def _form(finding: Finding, can: frozenset[str]) -> str:
    remedy = finding.remedy
    return form_address(remedy.kind, remedy.parameters) if remedy and remedy.kind in can else ""


def plots(seen: Snapshot, server_id: int, facts: PgBouncerFacts | None) -> dict[str, Figure]:
    found = selectors.series(server_id, "pgbouncer", SERIES, seen.at - PLOTTED)
    return {
        "clients": charts.counts(
            {"clients": found["clients"], "waiting": found["waiting"], "servers working": found["servers_active"]}
        ),
        "traffic": charts.per_second_of(
            {"transactions": found["transactions_total"], "queries": found["queries_total"]}
        ),
    }
