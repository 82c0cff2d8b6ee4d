"""Redis nodes: each primary with its replicas."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from caching.clients.redis_replies import SlotRange
from caching.facts import RedisFacts
from caching.selectors.rates import History, Rates, rates_of
from metrics.contract import Seen

REDIS = ("hits_total", "misses_total", "evicted_total", "expired_total", "commands_total", "memory_bytes")
# A replica gives a sign of life every second, its primary every ten.
LATE_SECONDS, SILENT_SECONDS = 3, 15


@dataclass(frozen=True, slots=True)
class RedisRow:
    seen: Seen
    facts: RedisFacts | None
    rates: Rates
    old: bool
    series: int = 0
    leader: str = ""

    @property
    def leads_slots(self) -> bool:
        return self.facts is not None and self.facts.leads and bool(self.facts.slots)

    @property
    def slots(self) -> tuple[SlotRange, ...]:
        return self.facts.slots if self.facts else ()

    @property
    def replica(self) -> str:
        """In words: whom it follows and how well; of a primary, who follows it."""
        if self.facts is None:
            return ""
        info = self.facts.info
        if self.facts.leads:
            lags = [link.lag_seconds for link in info.replicas if link.lag_seconds is not None]
            behind = f", {max(lags)} s silent" if lags and max(lags) > LATE_SECONDS else ""
            count = len(info.replicas)
            return f"{count} replica{'s' if count != 1 else ''}{behind}" if count else "no replica"
        silent = info.master_seconds_since_io
        since = f", heard {silent} s ago" if silent is not None and silent > SILENT_SECONDS else ""
        return f"follows {self.leader}{since}" if info.master_link_up else f"lost {self.leader}"

    @property
    def replica_state(self) -> str:
        if self.facts is None:
            return "unknown"
        if self.facts.leads:
            return "ok" if self.facts.info.replicas else "warning"
        return "ok" if self.facts.info.master_link_up else "critical"


def redis_rows(several: tuple[Seen, ...], known: History, now: datetime) -> tuple[RedisRow, ...]:
    """Primaries with a colour each, every one followed by its replicas."""
    names = {one.server.address: one.server.name for one in several}
    rows = [_redis_row(one, known, names, now) for one in several]
    leading = [row for row in rows if row.leads_slots]
    colours = {row.seen.server.name: index % 8 + 1 for index, row in enumerate(leading)}
    shown = [_coloured(row, colours) for row in rows]
    return tuple(sorted(shown, key=lambda row: (row.series or 9, row.leader != "", row.seen.server.name)))


def _coloured(row: RedisRow, colours: Mapping[str, int]) -> RedisRow:
    own = row.seen.server.name
    series = colours.get(own, 0) or colours.get(row.leader, 0)
    return replace(row, series=series)


def _redis_row(one: Seen, known: History, names: Mapping[str, str], now: datetime) -> RedisRow:
    facts = one.facts if isinstance(one.facts, RedisFacts) else None
    leader = names.get(facts.info.master_address, facts.info.master_address) if facts and not facts.leads else ""
    rates = rates_of(known[one.server.id], "evicted_total", "expired_total", "commands_total")
    return RedisRow(one, facts, rates, one.is_old(now), leader=leader)
