"""What the caches page shows, from what is stored: nodes, Memcached servers, families, slots. Asks no server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from caching.clients.redis_replies import SlotRange
from caching.facts import FamilyKeysFacts, MemcachedFacts, RedisFacts
from caching.library.families import FAMILIES, Family
from caching.slots import SlotPicture, picture
from caching.traffic import Traffic, rate_over, traffic
from metrics.contract import Seen, Snapshot
from metrics.rates import ratio, ratio_over
from metrics.selectors import many_series
from metrics.series import Series, thinned
from novaops.ui.formats import human_bytes, percent, rate

NOW_SECONDS = 300.0
SPARK_POINTS = 20
PLOT_POINTS = 60
_REDIS = ("hits_total", "misses_total", "evicted_total", "expired_total", "ops_per_second", "memory_bytes")
_MEMCACHED = ("hits_total", "misses_total", "evictions_total", "sets_total", "gets_total")
History = Mapping[int, Mapping[str, Series]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Over the last minutes: shares 0 to 1, the others per second; None where there are too few samples."""

    ratio: float | None
    reads: float | None
    evictions: float | None
    expirations: float | None
    spark: tuple[float | None, ...]


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
    def replica(self) -> str:
        """In words: whom it follows and how well; of a primary, who follows it."""
        if self.facts is None:
            return ""
        info = self.facts.info
        if self.facts.leads:
            lags = [link.lag_seconds for link in info.replicas if link.lag_seconds is not None]
            behind = f", {max(lags)} s behind" if lags and max(lags) > 1 else ""
            count = len(info.replicas)
            return f"{count} replica{'s' if count != 1 else ''}{behind}" if count else "no replica"
        silent = info.master_seconds_since_io
        since = f", heard {silent} s ago" if silent is not None and silent > 1 else ""
        return f"follows {self.leader}{since}" if info.master_link_up else f"lost {self.leader}"

    @property
    def replica_state(self) -> str:
        if self.facts is None:
            return "unknown"
        if self.facts.leads:
            return "ok" if self.facts.info.replicas else "warning"
        return "ok" if self.facts.info.master_link_up else "critical"


@dataclass(frozen=True, slots=True)
class MemcachedRow:
    seen: Seen
    facts: MemcachedFacts | None
    rates: Rates
    old: bool


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """`keys` over all nodes; `exact` when every key was looked at. `keys_at` is when the oldest count was made."""

    family: Family
    now: Traffic
    spark: tuple[float | None, ...]
    keys: int | None
    exact: bool
    keys_at: datetime | None


@dataclass(frozen=True, slots=True)
class TierRow:
    """A tier as a whole. `bytes` of `limit`; both of the nodes that hold data of their own."""

    ratio: float | None
    reads: float | None
    bytes: int
    limit: int
    keys: int
    evictions: float | None
    spark: tuple[float | None, ...]
    at: datetime | None
    asked: int
    answered: int

    @property
    def memory_note(self) -> str:
        return f"{percent(self.bytes / self.limit)} of {human_bytes(self.limit)}" if self.limit else "no limit"

    @property
    def evictions_note(self) -> str:
        return "" if self.evictions is None else f"{rate(self.evictions)} evicted"


@dataclass(frozen=True, slots=True)
class CachesPage:
    redis: tuple[RedisRow, ...]
    memcached: tuple[MemcachedRow, ...]
    families: tuple[FamilyRow, ...]
    l1: TierRow
    l2: TierRow
    slots: SlotPicture
    slots_at: datetime | None


def page(seen: Snapshot) -> CachesPage:
    since = seen.at - timedelta(seconds=NOW_SECONDS)
    redis, memcached = seen.of_probe("redis"), seen.of_probe("memcached")
    redis_history = history(redis, "redis", _REDIS, since)
    memcached_history = history(memcached, "memcached", _MEMCACHED, since)
    rows = redis_rows(redis, redis_history, seen.at)
    stores = tuple(_memcached_row(one, memcached_history, seen.at) for one in memcached)
    return CachesPage(
        redis=rows,
        memcached=stores,
        families=family_rows(seen, traffic(FAMILIES, since)),
        l1=_l1(rows, redis_history),
        l2=_l2(stores, memcached_history),
        slots=picture([(row.seen.server.name, _slots(row)) for row in rows if row.leads_slots]),
        slots_at=min((row.seen.good_at for row in rows if row.leads_slots and row.seen.good_at), default=None),
    )


def history(several: tuple[Seen, ...], probe: str, names: tuple[str, ...], since: datetime) -> History:
    return many_series([one.server.id for one in several], probe, names, since)


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
    return RedisRow(row.seen, row.facts, row.rates, row.old, series, row.leader)


def _redis_row(one: Seen, known: History, names: Mapping[str, str], now: datetime) -> RedisRow:
    facts = one.facts if isinstance(one.facts, RedisFacts) else None
    leader = names.get(facts.info.master_address, facts.info.master_address) if facts and not facts.leads else ""
    series = known[one.server.id]
    return RedisRow(one, facts, _rates(series, "evicted_total", "expired_total"), one.is_old(now), leader=leader)


def _memcached_row(one: Seen, known: History, now: datetime) -> MemcachedRow:
    facts = one.facts if isinstance(one.facts, MemcachedFacts) else None
    return MemcachedRow(one, facts, _rates(known[one.server.id], "evictions_total", ""), one.is_old(now))


def _rates(series: Mapping[str, Series], evictions: str, expirations: str) -> Rates:
    hits, misses = series["hits_total"], series["misses_total"]
    hit, miss = rate_over(hits), rate_over(misses)
    return Rates(
        ratio=ratio_over(hits, misses)[0],
        reads=None if hit is None or miss is None else hit + miss,
        evictions=rate_over(series[evictions]),
        expirations=rate_over(series[expirations]) if expirations else None,
        spark=spark(hits, misses),
    )


def spark(hits: Series, misses: Series) -> tuple[float | None, ...]:
    return ratio(thinned(hits, SPARK_POINTS), thinned(misses, SPARK_POINTS)).values


def family_rows(seen: Snapshot, known: Mapping[str, Traffic]) -> tuple[FamilyRow, ...]:
    return tuple(_family_row(family, known[family.name], seen) for family in FAMILIES.values())


def _family_row(family: Family, now: Traffic, seen: Snapshot) -> FamilyRow:
    counts = [
        (one, facts, sum(part.keys for part in facts.families if part.family == family.name))
        for one, facts in seen.facts(FamilyKeysFacts)
        if facts.tier == family.tier and facts.total
    ]
    return FamilyRow(
        family=family,
        now=now,
        spark=now.ratios(SPARK_POINTS).values,
        keys=sum(number for _, _, number in counts) if counts else None,
        exact=all(facts.exact for _, facts, _ in counts),
        keys_at=min((one.good_at for one, _, _ in counts if one.good_at), default=None),
    )


def _l1(rows: tuple[RedisRow, ...], known: History) -> TierRow:
    primaries = [row for row in rows if row.facts and row.facts.leads]
    infos = [row.facts.info for row in primaries if row.facts]
    return _tier(
        rows,
        [known[row.seen.server.id] for row in primaries],
        "evicted_total",
        (sum(info.memory_bytes for info in infos), sum(info.memory_limit_bytes for info in infos)),
        sum(info.keys for info in infos),
    )


def _l2(rows: tuple[MemcachedRow, ...], known: History) -> TierRow:
    stats = [row.facts.stats for row in rows if row.facts]
    return _tier(
        rows,
        [known[row.seen.server.id] for row in rows],
        "evictions_total",
        (sum(one.bytes for one in stats), sum(one.limit_bytes for one in stats)),
        sum(one.items for one in stats),
    )


def _tier(
    rows: tuple[RedisRow, ...] | tuple[MemcachedRow, ...],
    series: list[Mapping[str, Series]],
    evictions: str,
    memory: tuple[int, int],
    keys: int,
) -> TierRow:
    hits, misses = added([one["hits_total"] for one in series]), added([one["misses_total"] for one in series])
    hit, miss = rate_over(hits), rate_over(misses)
    evicted = [rate_over(one[evictions]) for one in series]
    known = [one for one in evicted if one is not None]
    return TierRow(
        ratio=ratio_over(hits, misses)[0],
        reads=None if hit is None or miss is None else hit + miss,
        bytes=memory[0],
        limit=memory[1],
        keys=keys,
        evictions=sum(known) if known else None,
        spark=spark(hits, misses),
        at=min((row.seen.good_at for row in rows if row.seen.good_at), default=None),
        asked=len(rows),
        answered=sum(row.seen.reachable for row in rows),
    )


def added(several: list[Series]) -> Series:
    """Counters of nodes as one: per slot of 10 s the sum of each node's growth since its own beginning. What a node
    that fell silent had counted stays in the sum."""
    starts = [at for one in several for at in one.times]
    if not starts:
        return Series("sum")
    first, grown_at = min(starts), {}
    for index, one in enumerate(several):
        total, before = 0.0, None
        for at, value in zip(one.times, one.values, strict=True):
            if value is None:
                continue
            total += 0 if before is None else value - before if value >= before else value
            before = value
            grown_at[(int((at - first).total_seconds() // 10), index)] = total
    return _summed(first, grown_at, len(several))


def _summed(first: datetime, grown_at: Mapping[tuple[int, int], float], count: int) -> Series:
    last: dict[int, float] = {}
    times, sums = [], []
    for slot in range(max(slot for slot, _ in grown_at) + 1 if grown_at else 0):
        last.update({index: grown_at[slot, index] for index in range(count) if (slot, index) in grown_at})
        if any((slot, index) in grown_at for index in range(count)):
            times.append(first + timedelta(seconds=10 * slot))
            sums.append(sum(last.values()))
    return Series("sum", tuple(times), tuple(sums))


def _slots(row: RedisRow) -> tuple[SlotRange, ...]:
    return row.facts.slots if row.facts else ()


def node_ratios(seen: Snapshot, since: datetime) -> dict[str, Series]:
    """Hit ratio over time of each Redis primary and each Memcached, by name."""
    found: dict[str, Series] = {}
    for probe in ("redis", "memcached"):
        several = [one for one in seen.of_probe(probe) if _serves(one)]
        known = many_series([one.server.id for one in several], probe, ("hits_total", "misses_total"), since)
        for one in several:
            series = known[one.server.id]
            hits, misses = (thinned(series[name], PLOT_POINTS) for name in ("hits_total", "misses_total"))
            found[one.server.name] = ratio(hits, misses)
    return found


def _serves(one: Seen) -> bool:
    """Replicas are not read through the library: their ratio says nothing."""
    return not isinstance(one.facts, RedisFacts) or one.facts.leads
