"""The second consumer: what changes of each tenant per minute, counted in the control database.

Counts and position are written in one transaction, so that what is delivered twice counts once; and what comes before
its predecessors waits for them, so that it does not make them look counted."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from caching.clients.jetstream import ACK_SECONDS
from caching.stream.consuming import Arrived
from caching.stream.models import StreamMinute, StreamPosition
from caching.stream.names import EVERYBODY, ROLLUPS
from caching.stream.notices import Notice
from caching.stream.road import Road
from novaops.fleets.models import Fleet

ADD = (Path(__file__).parent / "sql" / "add_minutes.sql").read_text()
SORTS = ("created", "changed", "removed", "other")
KEEP = timedelta(days=30)
GAP_SECONDS = 2 * ACK_SECONDS
# Who is frozen in the middle of counting would keep the position from its successor for as long as that lasts.
IDLE = "SET LOCAL idle_in_transaction_session_timeout = '5s'"


@dataclass
class Rollups:
    fleet: Fleet
    road: Road
    cause: str = ""
    numbers: dict[str, float] = field(default_factory=lambda: {"minutes_total": 0.0})
    _gap_since: float | None = None

    def take(self, several: Sequence[Arrived]) -> Sequence[Arrived]:
        """`several` are in the stream's order."""
        born = self.road.born()
        with tenant_context(self.fleet), transaction.atomic():
            counted = self._position(born)
            done = self._without_gap(several, counted)
            fresh = [one for one in done if one.delivery.sequence > counted]
            if fresh:
                self._count([one.notice for one in fresh if one.notice is not None])
                last = fresh[-1].delivery.sequence
                StreamPosition.objects.filter(consumer=ROLLUPS).update(sequence=last, stream_born=born)
        return done

    def _count(self, notices: Sequence[Notice]) -> None:
        rows = minutes(notices)
        with connection.cursor() as cursor:
            cursor.execute(ADD, [orjson.dumps(rows).decode()])
        self.numbers["minutes_total"] += len(rows)

    def _position(self, born: str) -> int:
        """Locked until the end of the transaction. A stream that was made anew counts from its beginning."""
        with connection.cursor() as cursor:
            cursor.execute(IDLE)
        StreamPosition.objects.get_or_create(consumer=ROLLUPS, defaults={"stream_born": born})
        row = StreamPosition.objects.select_for_update().get(consumer=ROLLUPS)
        return row.sequence if row.stream_born == born else 0

    def _without_gap(self, several: Sequence[Arrived], counted: int) -> Sequence[Arrived]:
        """Up to the first that is missing, which a predecessor may have taken with it: it is delivered again. What does
        not come for long is gone."""
        end = counted
        for index, one in enumerate(several):
            if one.delivery.sequence > end + 1 and not self._waited_long():
                self.cause = f"It waits for message {end + 1}, which is delivered again."
                return several[:index]
            end = max(end, one.delivery.sequence)
        self._gap_since = None
        return several

    def _waited_long(self) -> bool:
        self._gap_since = self._gap_since or time.monotonic()
        return time.monotonic() - self._gap_since > GAP_SECONDS


def minutes(notices: Sequence[Notice]) -> list[dict[str, object]]:
    """One row per tenant, shard and minute; what was told again counts nothing. Pure."""
    found: defaultdict[tuple[str, str, datetime], dict[str, int]] = defaultdict(lambda: {"transactions": 0})
    for notice in notices:
        if notice.again:
            continue
        minute = notice.committed_at.replace(second=0, microsecond=0)
        for tenant, told in counted(notice):
            counts = found[tenant, notice.shard, minute]
            counts["transactions"] += 1
            for sort in SORTS:
                counts[sort] = counts.get(sort, 0) + told.get(sort, 0)
    return [_row(*key, counts) for key, counts in sorted(found.items())]


def counted(notice: Notice) -> Iterable[tuple[str, Mapping[str, int]]]:
    """Tenants with what changed of each; none where a whole shard is meant."""
    several = notice.crowd or {notice.tenant: notice.counts}
    return [(tenant, told) for tenant, told in several.items() if tenant != EVERYBODY]


def _row(tenant: str, shard: str, minute: datetime, counts: Mapping[str, int]) -> dict[str, object]:
    return {"tenant_id": tenant, "shard": shard, "minute": minute.isoformat(), **counts}


def forget_old() -> int:
    """What is older than is kept; inside a fleet."""
    gone, _ = StreamMinute.objects.filter(minute__lt=timezone.now() - KEEP).delete()
    return gone
