"""The shards' numbers on top of the overview."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from metrics.contract import Seen, Snapshot
from metrics.rates import per_second, total
from metrics.selectors import many_series
from metrics.series import Series, thinned
from metrics.thresholds import LAG_CRITICAL_SECONDS, LAG_WARNING_SECONDS, POOL_CRITICAL
from metrics.tiles import Tile
from novaops.ui.formats import human_number
from shards.placement.selectors import loads
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import PostgresFacts

SPARK_POINTS = 40
POOL_WARNING = 0.7
# Tenants are counted every minute at most.
COUNTED_LIMIT = 300.0


def shard_tiles(snapshot: Snapshot, seconds: float) -> Iterable[Tile]:
    if not snapshot.shards:
        return
    since = snapshot.at - timedelta(seconds=seconds)
    postgres = list(snapshot.facts(PostgresFacts))
    yield from _databases(postgres, since)
    yield _pools(list(snapshot.facts(PgBouncerFacts)), since)
    yield _tenants()


def _databases(readings: list[tuple[Seen, PostgresFacts]], since: datetime) -> Iterable[Tile]:
    ids = [seen.server.id for seen, _ in readings]
    found = many_series(ids, "postgres", ("rows_written_total", "replay_lag_seconds"), since)
    written = total([per_second(one["rows_written_total"]) for one in found.values()])
    yield Tile(
        "Write rate",
        lately(written),
        "rate",
        "shard-map",
        spark=thinned(written, SPARK_POINTS).values,
        at=_oldest(seen for seen, facts in readings if not facts.in_recovery),
        title="Rows inserted, updated and deleted per second, on all shards",
    )
    yield _lag(readings, worst([one["replay_lag_seconds"] for one in found.values()]))


def _lag(readings: list[tuple[Seen, PostgresFacts]], history: Series) -> Tile:
    standbys = [(facts.replay_lag_seconds, seen) for seen, facts in readings if facts.replay_lag_seconds is not None]
    highest, seen = max(standbys, key=lambda pair: pair[0], default=(None, None))
    return Tile(
        "Worst replay lag",
        highest,
        "duration",
        "replication",
        spark=thinned(history, SPARK_POINTS).values,
        at=seen.good_at if seen else None,
        note=seen.server.name if seen and highest else "",
        status=level(highest, LAG_WARNING_SECONDS, LAG_CRITICAL_SECONDS),
        title="How long ago the transaction was committed that the slowest standby replays",
    )


def _pools(readings: list[tuple[Seen, PgBouncerFacts]], since: datetime) -> Tile:
    found = many_series([seen.server.id for seen, _ in readings], "pgbouncer", ("utilisation",), since)
    highest = max((seen.values.get("utilisation", 0.0) for seen, _ in readings), default=None)
    waiting = sum(facts.waiting for _, facts in readings)
    return Tile(
        "Pool utilisation",
        highest,
        "percent",
        "shard-map",
        spark=thinned(worst([one["utilisation"] for one in found.values()]), SPARK_POINTS).values,
        at=_oldest(seen for seen, _ in readings),
        note=f"{human_number(waiting)} waiting" if waiting else "",
        status=level(highest, POOL_WARNING, POOL_CRITICAL),
        title="Server connections in use, in the fullest pool",
    )


def _tenants() -> Tile:
    placed = loads().values()
    counted = [load.counted_at for load in placed if load.counted_at]
    tenants = sum(load.tenants for load in placed)
    return Tile(
        "VMs",
        sum(load.vms for load in placed) if counted else None,
        "number",
        "tenants",
        at=min(counted, default=None),
        limit=COUNTED_LIMIT,
        note=f"{human_number(tenants)} tenants",
    )


def lately(series: Series, points: int = 6) -> float | None:
    """The mean of the last points: one cycle alone jumps."""
    known = [value for value in series.values[-points:] if value is not None]
    return sum(known) / len(known) if known else None


def worst(several: Iterable[Series]) -> Series:
    """The highest at each cycle, paired from the newest backwards; members that say nothing are left out."""
    told = [one for one in several if one.known]
    length = min((len(one.values) for one in told), default=0)
    if not length:
        return Series("worst")
    columns = zip(*(one.values[-length:] for one in told), strict=True)
    values = tuple(max((value for value in column if value is not None), default=None) for column in columns)
    return Series("worst", told[0].times[-length:], values)


def level(value: float | None, warning: float, critical: float) -> str:
    """A badge's word where something is to be said; empty where all is well."""
    if value is None or value < warning:
        return ""
    return "critical" if value >= critical else "warning"


def _oldest(readings: Iterable[Seen]) -> datetime | None:
    return min((seen.good_at for seen in readings if seen.good_at), default=None)
