"""One member: its Patroni and its PostgreSQL together. Asks no server."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics import selectors
from metrics.charts import Figure
from metrics.contract import ServerSeen, Snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.request_forms import kinds_of
from shards import acts, charts
from shards.replication import member_page
from shards.replication.differences import differences
from shards.replication.own_slots import slots_seen
from shards.replication.seen import MemberSeen, ShardTopology
from shards.replication.slots import slots_of
from shards.replication.topology import topologies
from shards.views.act_links import links
from shards.views.slot_rows import slot_rows

PLOTTED = timedelta(minutes=30)


@require_safe
@right_required(Right.VIEW)
def member(request: FleetRequest, name: str) -> HttpResponse:
    seen = selectors.snapshot()
    found = [(shard, one) for shard in topologies(seen) for one in shard.members if one.name == name]
    if not found:
        raise Http404(f"This fleet has no member named {name}.")
    shard, one = found[0]
    can = kinds_of(request.rights)
    return render(request, "shards/member.html", _context(seen, shard, one, can))


def _context(seen: Snapshot, shard: ShardTopology, one: MemberSeen, can: frozenset[str]) -> dict[str, Any]:
    facts = one.facts
    reading = seen.seen("postgres", one.name, "postgres")
    own = slots_seen(seen, shard.name) or frozenset()
    here = [slot for slot in slots_of(seen, shard.name) if slot.member == one.name]
    return {
        "shard": shard,
        "member": one,
        "facts": facts,
        "lead": lead(shard, one),
        "crumbs": [
            ("Replication", fleet_path("replication")),
            (shard.name, fleet_path("shard", name=shard.name)),
            (one.name, ""),
        ],
        "warnings": list(member_page.warnings(one)),
        "acts": links(acts.member_acts(shard, one, can)),
        "tags": member_page.tags(one),
        "positions": member_page.positions(facts) if facts else (),
        "conflicts": member_page.conflicts(facts) if facts else (),
        "archiving": member_page.archiving(facts.archiver) if facts and facts.archiver else "",
        "receive_lag": member_page.lag(one.receive_lag_bytes, one.receive_lag_seconds),
        "replay_lag": member_page.lag(one.replay_lag_bytes, one.replay_lag_seconds),
        "followers": shard.followers(one.name),
        "wal_rate": reading.rates.get("wal_bytes_total") if reading else None,
        "slots": slot_rows(here, {shard.name: shard}, {shard.name: own}, can),
        "backends": [
            (backend, links(acts.backend_acts(one.name, backend, can))) for backend in (facts.backends if facts else ())
        ],
        "differences": differences(seen, shard.name),
        "limit": one.limit or shard.limit,
        "plots": plots(seen, one),
        "servers": [
            server
            for kind in ("postgres", "patroni")
            for server in seen.servers_of(kind, shard.name)
            if server.name == one.name
        ],
    }


def lead(shard: ShardTopology, one: MemberSeen) -> str:
    if one.role is None:
        return f"Of {shard.name}, but Patroni does not list it."
    if one.leads:
        return f"{one.role_word} of {shard.name}."
    flows = "streams from" if one.streams else "does not stream; it should follow"
    return f"{one.role_word} of {shard.name}; {flows} {one.follows or 'nobody'}."


def plots(seen: Snapshot, one: MemberSeen) -> dict[str, Figure]:
    server = next((server for server in seen.servers_of("postgres", one.shard) if server.name == one.name), None)
    if server is None:
        return {"wal": {}, "lag": {}}
    return _plots(seen, server)


def _plots(seen: Snapshot, server: ServerSeen) -> dict[str, Figure]:
    names = ("wal_bytes_total", "replay_lag_seconds")
    found = selectors.series(server.id, "postgres", names, seen.at - PLOTTED)
    return {
        "wal": charts.wal_rate({server.name: found["wal_bytes_total"]}),
        "lag": charts.lag_seconds({server.name: found["replay_lag_seconds"]}),
    }
