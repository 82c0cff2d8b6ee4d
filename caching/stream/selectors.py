"""What the page of the change stream shows, from what is stored. Inside a fleet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from caching.stream import samples
from caching.stream.models import StreamMinute, StreamPart, StreamSlot
from caching.stream.seen import ChangeStream, change_stream
from caching.traffic import rate_over
from metrics.contract import Snapshot
from metrics.selectors import many_series
from metrics.series import Point, Series, gathered

BUSIEST = 10
SORTS = ("created", "changed", "removed")
NOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Busy:
    """A tenant's changes within the time that is shown."""

    tenant_id: str
    shard: str
    transactions: int
    created: int
    changed: int
    removed: int
    other: int


def stream_of(snapshot: Snapshot, fleet: str) -> ChangeStream:
    return change_stream(snapshot, fleet, list(StreamPart.objects.all()), list(StreamSlot.objects.all()))


def busiest(since: datetime) -> tuple[Busy, ...]:
    """The tenants with most transactions, the most first."""
    rows = StreamMinute.objects.filter(minute__gte=since).values_list("tenant_id", "shard")
    sums = rows.annotate(
        all_transactions=Sum("transactions"),
        all_created=Sum("created"),
        all_changed=Sum("changed"),
        all_removed=Sum("removed"),
        all_other=Sum("other"),
    )
    return tuple(Busy(*row) for row in sums.order_by("-all_transactions", "tenant_id")[:BUSIEST])


def per_minute(since: datetime) -> dict[str, Series]:
    """VMs of all tenants that were created, changed and removed, by minute."""
    rows = StreamMinute.objects.filter(minute__gte=since).values_list("minute")
    sums = rows.annotate(all_created=Sum("created"), all_changed=Sum("changed"), all_removed=Sum("removed"))
    points = [
        Point(minute, dict(zip(SORTS, map(float, counts), strict=True))) for minute, *counts in sums.order_by("minute")
    ]
    return gathered(points, SORTS)


def backlogs(seen: ChangeStream, since: datetime) -> Mapping[str, Series]:
    """What waits for each consumer, over time."""
    if seen.nats is None or seen.stream is None:
        return {}
    names = {one.name: f"{seen.stream.name}:{one.name}:backlog" for one in seen.stream.consumers}
    server = seen.nats.server.id
    found = many_series([server], "nats", tuple(names.values()), since)[server]
    return {name: found[key] for name, key in names.items()}


def invalidations_per_second(now: datetime) -> float | None:
    """Of all lanes, over the last minutes."""
    rates = [rate_over(one) for one in samples.over_time("invalidations_total", now - NOW).values()]
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def fleet_slug() -> str:
    return str(getattr(connection.tenant, "slug", ""))  # type: ignore[attr-defined]
