"""What the pages about shards read from the control database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q, QuerySet

from metrics.contract import Snapshot
from metrics.models import Sample
from metrics.selectors import many_series
from metrics.series import Series
from novaops.ui.formats import duration
from shards.placement.models import Placement
from shards.placement.selectors import ShardLoad, loads, placements
from shards.replication.seen import ShardTopology
from shards.replication.topology import topologies

# Columns that the placement room sorts from the largest, or newest, down.
LARGEST_FIRST = frozenset({"vms", "bytes", "since"})
GROWTH_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Growth:
    """How many bytes a shard grew by, and over which time; None until it was measured twice."""

    bytes: float
    seconds: float

    @property
    def window(self) -> str:
        return duration(round(self.seconds / 60) * 60)


@dataclass(frozen=True, slots=True)
class ShardRow:
    """One shard with everything that the map says of it."""

    topology: ShardTopology
    load: ShardLoad
    growth: Growth | None

    @property
    def database_bytes(self) -> int | None:
        """On disk, as its leader says."""
        leader = self.topology.leader
        return leader.facts.database_bytes if leader and leader.facts else None

    @property
    def measured_at(self) -> datetime | None:
        leader = self.topology.leader
        return leader.postgres_at if leader else None

    @property
    def clients(self) -> int | None:
        counts = [pool.facts.clients for pool in self.topology.pools if pool.facts]
        return sum(counts) if counts else None


def shard_rows(snapshot: Snapshot) -> tuple[ShardRow, ...]:
    """Every shard: three queries, however many there are."""
    shown, placed = topologies(snapshot), loads()
    grown = growths(snapshot, shown)
    return tuple(ShardRow(one, placed.get(one.name, ShardLoad()), grown.get(one.name)) for one in shown)


def growths(snapshot: Snapshot, shown: Sequence[ShardTopology]) -> dict[str, Growth]:
    """By shard: the leader's size now against the oldest sample of the last day."""
    leaders = {server.id: server.shard for server in snapshot.servers_of("postgres") if _leads(server.name, shown)}
    sizes = {one.name: one.leader.facts for one in shown if one.leader}
    found = {}
    for server_id, at, size in _oldest_sizes(list(leaders), snapshot.at - GROWTH_WINDOW):
        facts = sizes[leaders[server_id]]
        if facts and size is not None:
            found[leaders[server_id]] = Growth(facts.database_bytes - size, (snapshot.at - at).total_seconds())
    return found


def _leads(name: str, shown: Sequence[ShardTopology]) -> bool:
    return any(one.leader_name == name for one in shown)


def _oldest_sizes(server_ids: list[int], since: datetime) -> list[tuple[int, datetime, float | None]]:
    samples = Sample.objects.filter(server_id__in=server_ids, probe="postgres", at__gte=since)
    oldest = samples.values("server_id").annotate(first=Min("at"))
    these = Q()
    for row in oldest:
        these |= Q(server_id=row["server_id"], at=row["first"])
    rows = samples.filter(these).values_list("server_id", "at", "values__database_bytes") if these else []
    return [(server_id, at, size) for server_id, at, size in rows]


def member_series(
    snapshot: Snapshot, names: Sequence[str], since: datetime, shard: str = ""
) -> dict[str, dict[str, Series]]:
    """Values of every PostgreSQL (of one shard) since then, by name of the value and then of the server; one query."""
    servers = {server.id: server.name for server in snapshot.servers_of("postgres", shard or None)}
    found = many_series(list(servers), "postgres", names, since)
    return {name: {servers[server_id]: series[name] for server_id, series in found.items()} for name in names}


def tenants(search: str, shard: str, isolation: str, sort: str) -> QuerySet[Placement]:
    """Placements as the page asks for them: `sort` is a column, falling with a minus before it."""
    column, falling = sort.lstrip("-"), sort.startswith("-")
    found = placements(search, shard, isolation, column)
    return found.reverse() if falling is not (column in LARGEST_FIRST) else found
