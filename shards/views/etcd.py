"""What elects the leaders: the etcd clusters of the fleet. Asks none of them."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics import selectors
from metrics.charts import Figure
from metrics.contract import Snapshot
from metrics.selectors import many_series
from metrics.thresholds import ETCD_DB_WARNING_BYTES
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from shards import charts
from shards.clients.etcd_replies import EtcdStatus
from shards.replication.quorum import EtcdCluster, EtcdNode, etcd_clusters
from shards.replication.seen import OLD_AT_ONCE

PLOTTED = timedelta(minutes=30)
# Unless told otherwise, etcd stops writing here.
DEFAULT_QUOTA = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class NodeShown:
    node: EtcdNode
    limit: float

    @property
    def status(self) -> EtcdStatus | None:
        return self.node.facts.status if self.node.facts else None

    @property
    def quota(self) -> int:
        return (self.status.quota_bytes if self.status else 0) or DEFAULT_QUOTA

    @property
    def behind(self) -> int:
        """Entries of the log that it has not carried out yet."""
        return max(0, self.status.raft_index - self.status.raft_applied) if self.status else 0


@require_safe
@right_required(Right.VIEW)
def etcd(request: FleetRequest) -> HttpResponse:
    seen = selectors.snapshot()
    clusters = etcd_clusters(seen)
    context = {
        "clusters": [
            (cluster, [_shown(seen, node) for node in cluster.nodes], alarms(cluster)) for cluster in clusters
        ],
        "verdict": verdict(clusters),
        "warn_at": ETCD_DB_WARNING_BYTES / DEFAULT_QUOTA,
        "plots": plots(seen),
    }
    return render(request, "shards/etcd.html", context)


def _shown(seen: Snapshot, node: EtcdNode) -> NodeShown:
    return NodeShown(node, OLD_AT_ONCE if node.state == "unreachable" else 3 * seen.cycle_seconds)


def verdict(clusters: tuple[EtcdCluster, ...]) -> tuple[str, str, str]:
    """State, title, sentence."""
    if not clusters:
        return "unknown", "No etcd is registered", "List its members under etcd: in the fleet file."
    order = ("critical", "warning", "unknown", "ok")
    worst = min(clusters, key=lambda one: order.index(one.health))
    titles = {
        "critical": "No majority: nothing is elected",
        "warning": "A member is missing",
        "unknown": "Not all members are known",
        "ok": "A majority answers",
    }
    return worst.health, titles[worst.health], worst.sentence


def alarms(cluster: EtcdCluster) -> list[str]:
    """What was raised, by whom, and what it means."""
    meaning = {
        "NOSPACE": "nothing is written until it is compacted, defragmented and the alarm disarmed",
        "CORRUPT": "its data differ from the others': replace the member",
    }
    raised = [(node.name, alarm) for node in cluster.nodes if node.facts for alarm in node.facts.status.alarms_here]
    return [f"{name} raised {alarm}: {meaning.get(alarm, 'see its log')}." for name, alarm in raised]


def plots(seen: Snapshot) -> dict[str, Figure]:
    names = {server.id: server.name for server in seen.servers_of("etcd")}
    found = many_series(list(names), "etcd", ("took_ms", "db_bytes"), seen.at - PLOTTED)
    took = {names[pk]: series["took_ms"] for pk, series in found.items()}
    size = {names[pk]: series["db_bytes"] for pk, series in found.items()}
    return {"took": charts.milliseconds(took), "size": charts.held_bytes(size)}
