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
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from shards import charts
from shards.replication.seen import MemberSeen, ShardTopology
from shards.replication.slots import slots_of
from shards.replication.topology import topologies
from shards.selectors import member_series
from shards.views.picture import switchover_address

PLOTTED = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ShardShown:
    topology: ShardTopology
    switchover: str


@require_safe
@right_required(Right.VIEW)
def replication(request: FleetRequest) -> HttpResponse:
    seen = selectors.snapshot()
    shown = topologies(seen)
    followers = [member for shard in shown for member in shard.replicas]
    context = {
        "shards": [ShardShown(shard, switchover_address(shard)) for shard in shown],
        "verdict": verdict(shown),
        "at": min((shard.at for shard in shown if shard.at), default=None),
        "limit": shown[0].limit if shown else 15.0,
        "worst": worst(followers),
        "slots": slots_of(seen),
        "plots": plots(seen),
        "switchover": fleet_path("operation-request", kind="switchover"),
    }
    return render(request, "shards/replication.html", context)


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


def worst(followers: list[MemberSeen]) -> MemberSeen | None:
    known = [member for member in followers if member.replay_lag_bytes is not None]
    return max(known, key=lambda member: member.replay_lag_bytes or 0, default=None)


def plots(seen: Snapshot) -> dict[str, Figure]:
    found = member_series(seen, ("replay_lag_seconds", "slots_held_bytes"), seen.at - PLOTTED)
    lag, held = charts.lag_seconds(found["replay_lag_seconds"]), charts.held_bytes(found["slots_held_bytes"])
    return {"lag": lag, "held": held}
