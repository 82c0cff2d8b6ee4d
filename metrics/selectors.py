"""What pages and operations read of the fleet: stored, typed, with its age. Inside a fleet's schema; asks no server."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone
from pydantic import ValidationError

from metrics import registry
from metrics.contract import Facts, Seen, ServerSeen, ShardSeen, Snapshot, State
from metrics.models import Reading, Sample
from metrics.rates import rates_between
from metrics.series import MINUTE, Point, Series, gathered
from novaops.hooks import selectors as hooks
from novaops.inventory.models import Server, Shard

# Longer views are drawn from minutes.
RAW_FOR = timedelta(hours=1)
# `Seen.rates` looks back so far.
RATES_OVER_SECONDS = 300.0
EARLIER = (Path(__file__).parent / "sql" / "earlier.sql").read_text()


def snapshot() -> Snapshot:
    """All present servers with their readings, and the hooks: five queries, two more where there are hooks."""
    servers = {server.pk: _server(server) for server in Server.objects.filter(present=True).select_related("shard")}
    earlier = _earlier()
    readings = Reading.objects.filter(server__present=True).order_by("server__kind", "server__name", "probe")
    return Snapshot(
        at=timezone.now(),
        cycle_seconds=float(getattr(connection.tenant, "cycle_seconds", 5)),  # type: ignore[attr-defined]
        shards=tuple(_shard(shard) for shard in Shard.objects.filter(present=True).order_by("name")),
        servers=tuple(sorted(servers.values(), key=lambda one: (one.kind, one.name))),
        readings=tuple(
            _seen(reading, servers[reading.server_id], earlier.get(reading.pk))
            for reading in readings
            if reading.server_id in servers
        ),
        hooks=hooks.seen(),
    )


def series(server_id: int, probe: str, names: Iterable[str], since: datetime) -> dict[str, Series]:
    """The values called `names` of one server's probe since then, oldest first: raw samples for the last hour, minutes'
    means for longer. A point without a value (no answer, or not said) is None: a gap in the line."""
    return many_series([server_id], probe, names, since).get(server_id, {name: Series(name) for name in names})


def many_series(
    server_ids: Sequence[int], probe: str, names: Iterable[str], since: datetime
) -> dict[int, dict[str, Series]]:
    """The same for several servers in one query, by server id."""
    width = 0 if timezone.now() - since <= RAW_FOR else MINUTE
    rows = Sample.objects.filter(server_id__in=server_ids, probe=probe, width_seconds=width, at__gte=since)
    found: dict[int, list[Point]] = {server_id: [] for server_id in server_ids}
    for server_id, at, values in rows.order_by("at").values_list("server_id", "at", "values"):
        found[server_id].append(Point(at, values))
    return {server_id: gathered(points, tuple(names)) for server_id, points in found.items()}


def _server(server: Server) -> ServerSeen:
    shard = server.shard.name if server.shard else ""
    return ServerSeen(
        server.pk, server.kind, server.name, server.host, server.port, shard, dict(server.options), server.out
    )


def _shard(shard: Shard) -> ShardSeen:
    return ShardSeen(shard.name, shard.cluster, shard.database, shard.weight, shard.state)


def _earlier() -> dict[int, Point]:
    """An earlier sample of each reading, by the reading's id."""
    with connection.cursor() as cursor:
        cursor.execute(EARLIER, {"seconds": RATES_OVER_SECONDS})
        return {pk: Point(at, json.loads(values)) for pk, at, values in cursor.fetchall()}


def _seen(reading: Reading, server: ServerSeen, earlier: Point | None) -> Seen:
    now = Point(reading.good_at, reading.values) if reading.good_at else None
    rates, seconds = rates_between(earlier, now) if earlier and now else ({}, 0.0)
    return Seen(
        server=server,
        probe=reading.probe,
        state=State(reading.state),
        cause=reading.cause,
        facts=typed(reading.probe, reading.facts) if reading.good_at else None,
        values=reading.values,
        checked_at=reading.checked_at,
        good_at=reading.good_at,
        state_since=reading.state_since,
        took_ms=reading.took_ms,
        rates=rates,
        rates_seconds=seconds,
        every_seconds=reading.every_seconds,
    )


def typed(probe: str, stored: dict[str, Any]) -> Facts | None:
    """None where another version wrote what this one cannot read, or nobody registered the probe here."""
    known = registry.find(probe)
    try:
        return known.facts.model_validate(stored) if known else None
    except ValidationError:
        return None
