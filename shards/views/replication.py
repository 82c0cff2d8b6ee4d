"""Replication: who leads, who follows how closely, and which slots hold WAL."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics import selectors
from metrics.charts import Figure
from metrics.contract import Snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.models import Operation
from novaops.operations.request_forms import kinds_of
from shards import acts, charts
from shards.replication.noticed import Noticed, noticed
from shards.replication.own_slots import slots_seen
from shards.replication.quorum import EtcdCluster, etcd_clusters
from shards.replication.scheduled_by import scheduled_by
from shards.replication.seen import MemberSeen, ShardTopology
from shards.replication.slots import slots_of
from shards.replication.topology import topologies
from shards.selectors import member_series
from shards.views.act_links import ActLink, links
from shards.views.picture import Picture, picture
from shards.views.slot_rows import slot_rows

PLOTTED = timedelta(minutes=30)


Row = tuple[MemberSeen, tuple[ActLink, ...]]


@dataclass(frozen=True, slots=True)
class ShardShown:
    topology: ShardTopology
    picture: Picture
    noticed: Noticed
    rows: list[Row]
    acts: tuple[ActLink, ...]
    scheduled_by: Operation | None


@require_safe
@right_required(Right.VIEW)
def replication(request: FleetRequest) -> HttpResponse:
    seen, can = selectors.snapshot(), kinds_of(request.rights)
    shown, etcd = topologies(seen), etcd_clusters(seen)
    own = {shard.name: slots_seen(seen, shard.name) or frozenset() for shard in shown}
    context = {
        "shards": [shard_shown(shard, etcd, can) for shard in shown],
        "etcd": etcd,
        "verdict": verdict(shown),
        "at": min((shard.at for shard in shown if shard.at), default=None),
        "limit": shown[0].limit if shown else 15.0,
        "slots": slot_rows(slots_of(seen), {shard.name: shard for shard in shown}, own, can),
        "plots": plots(seen),
        "acts": links(acts.fleet_acts(can)) if shown else (),
    }
    return render(request, "shards/replication.html", context)


def shard_shown(shard: ShardTopology, etcd: tuple[EtcdCluster, ...], can: frozenset[str]) -> ShardShown:
    return ShardShown(
        topology=shard,
        picture=picture(shard, etcd),
        noticed=noticed(shard),
        rows=member_rows(shard, can),
        acts=links(acts.shard_acts(shard, can)),
        scheduled_by=scheduled_by(shard.name, shard.scheduled) if shard.scheduled else None,
    )


def member_rows(shard: ShardTopology, can: frozenset[str]) -> list[Row]:
    return [(member, links(acts.member_acts(shard, member, can))) for member in shard.members]


def verdict(shown: tuple[ShardTopology, ...]) -> tuple[str, str, str]:
    """State, title, sentence: the worst shard speaks."""
    order = ("critical", "degraded", "unknown", "ok")
    if not shown:
        return "unknown", "This fleet has no shards yet", "manage.py fleet import FILE registers them."
    worst_first = sorted(shown, key=lambda shard: order.index(shard.health))
    sick = [shard for shard in worst_first if shard.health != "ok"]
    if not sick:
        members = sum(len(shard.members) for shard in shown)
        return "ok", "All replicas follow", f"{members} members of {len(shown)} shards answered."
    what = "somebody now" if sick[0].health == "critical" else "a look"
    title = f"{sick[0].name} needs {what}" if len(sick) == 1 else f"{len(sick)} shards need {what}"
    return sick[0].health, title, " ".join(shard.sentence for shard in sick)


def plots(seen: Snapshot) -> dict[str, Figure]:
    found = member_series(seen, ("replay_lag_seconds", "slots_held_bytes"), seen.at - PLOTTED)
    lag, held = charts.lag_seconds(found["replay_lag_seconds"]), charts.held_bytes(found["slots_held_bytes"])
    return {"lag": lag, "held": held}
