"""The shard map, and the page of one shard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from metrics import selectors
from metrics.charts import Figure
from metrics.contract import Snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.request_forms import kinds_of
from novaops.ui.formats import human_bytes, human_number
from shards import charts
from shards.clients.patroni_replies import TimelineSwitch
from shards.placement.models import Placement
from shards.replication.facts import PatroniSettingsFacts
from shards.replication.own_slots import slots_seen
from shards.replication.quorum import etcd_clusters
from shards.replication.slots import slots_of
from shards.selectors import ShardRow, member_series, shard_rows, tenants
from shards.views.picture import Picture, picture
from shards.views.replication import shard_shown
from shards.views.slot_rows import slot_rows

PLOTTED = timedelta(minutes=30)
LARGEST = 10
SWITCHES = 10


@dataclass(frozen=True, slots=True)
class RowShown:
    row: ShardRow
    picture: Picture


@require_safe
@right_required(Right.VIEW)
def shard_map(request: FleetRequest) -> HttpResponse:
    seen = selectors.snapshot()
    rows = shard_rows(seen)
    context = {
        "rows": [RowShown(row, picture(row.topology)) for row in rows],
        "summary": summary(rows),
    }
    return render(request, "shards/shard_map.html", context)


def summary(rows: Sequence[ShardRow]) -> str:
    tenants, size = sum(row.load.tenants for row in rows), sum(row.database_bytes or 0 for row in rows)
    return f"{len(rows)} shards, {human_number(tenants)} tenants, {human_bytes(size)}"


@require_safe
@right_required(Right.VIEW)
def shard(request: FleetRequest, name: str) -> HttpResponse:
    seen = selectors.snapshot()
    row = next((row for row in shard_rows(seen) if row.topology.name == name), None)
    if row is None:
        raise Http404(f"This fleet has no shard named {name}.")
    can = kinds_of(request.rights)
    own = slots_seen(seen, name) or frozenset()
    shown = shard_shown(row.topology, etcd_clusters(seen), can)
    context = {
        "row": row,
        "shard": row.topology,
        "shown": shown,
        "slots": slot_rows(slots_of(seen, name), {name: row.topology}, {name: own}, can),
        "switches": timeline_switches(seen, name),
        "largest": largest(name),
        "tenants_href": f"{fleet_path('tenants')}?{urlencode({'shard': name, 'sort': '-bytes'})}",
        "notes": notes(row),
        "crumbs": [("Shard map", fleet_path("shard-map")), (name, "")],
        "plots": plots(seen, name),
    }
    return render(request, "shards/shard.html", context)


def notes(row: ShardRow) -> dict[str, object]:
    """What stands small below the numbers."""
    leader, growth = row.topology.leader, row.growth
    facts = leader.facts if leader else None
    return {
        "connections": facts.connections if facts else None,
        "connections_of": f"of {human_number(facts.max_connections)} on the leader" if facts else "",
        "vms": f"{human_number(row.load.vms)} VMs" if row.load.tenants else "",
        "growth": f"{human_bytes(growth.bytes)} more in {growth.window}" if growth and growth.bytes > 0 else "",
        "pool_at": min((pool.at for pool in row.topology.pools if pool.at), default=None),
    }


def largest(name: str) -> list[Placement]:
    return list(tenants("", name, "", "-bytes")[:LARGEST])


def timeline_switches(seen: Snapshot, name: str) -> list[TimelineSwitch]:
    """The last changes of leader that Patroni remembers, newest first."""
    told = [facts.history for _, facts in seen.facts(PatroniSettingsFacts, name) if facts.history]
    longest = max(told, key=lambda history: history[-1].timeline, default=())
    return list(reversed(longest))[:SWITCHES]


def plots(seen: Snapshot, name: str) -> dict[str, Figure]:
    found = member_series(seen, ("rows_written_total", "replay_lag_seconds"), seen.at - PLOTTED, name)
    writes, lag = charts.write_rate(found["rows_written_total"]), charts.lag_seconds(found["replay_lag_seconds"])
    return {"writes": writes, "lag": lag}
