"""Who reads what: per tenant and family over the last minutes, and the keys that are read most."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from redis.crc import key_slot

from caching.clients.redis_replies import SlotRange
from caching.facts import ReadersFacts, WindowFact
from caching.library.families import FAMILIES, Tier
from caching.library.keys import parse
from caching.library.readers import OTHERS, WINDOW_SECONDS
from caching.selectors.rates import PLOT_POINTS
from caching.smoothing import smooth_rate
from metrics.contract import Snapshot
from metrics.models import Sample
from metrics.selectors import RAW_FOR
from metrics.series import MINUTE, Point, Series, gathered

PROBE = "cache-readers"
IN_L1 = frozenset(name for name, family in FAMILIES.items() if family.tier is Tier.L1)
LEAST_READS = 0.1  # per second: some dozens in the time that rows are of


@dataclass(frozen=True, slots=True)
class Reads:
    """Per second; `near` are those reads that a process served from its own memory. `served` is the share that no
    loader was called for; None where nothing was read."""

    tenant: str
    family: str
    reads: float
    near: float
    loads: float

    @property
    def served(self) -> float | None:
        return max(0.0, 1 - self.loads / self.reads) if self.reads else None

    @property
    def in_process(self) -> float | None:
        """The share that no server was asked for."""
        return self.near / self.reads if self.reads else None

    @property
    def telling(self) -> bool:
        """Whether so many reads say something about the caches: the first read of anything is loaded."""
        return self.reads >= LEAST_READS

    @property
    def others(self) -> bool:
        return self.tenant == OTHERS


@dataclass(frozen=True, slots=True)
class HotRow:
    key: str
    reads: float

    @property
    def family(self) -> str:
        return parse(self.key).family

    @property
    def tenant(self) -> str:
        return parse(self.key).tenant


@dataclass(frozen=True, slots=True)
class Readers:
    """`rows` per tenant and family; `seconds` is the time that they are of, `at` when it was last read."""

    rows: tuple[Reads, ...]
    hot: tuple[HotRow, ...]
    seconds: float
    at: datetime | None

    def of_tenant(self, tenant: str) -> tuple[Reads, ...]:
        """By family, in the order of the families' table."""
        found = {row.family: row for row in self.rows if row.tenant == tenant}
        return tuple(found[name] for name in FAMILIES if name in found)

    def of_family(self, family: str) -> tuple[Reads, ...]:
        """By tenant, those that read most first; the others together at the end."""
        return _ranked(row for row in self.rows if row.family == family)

    def hot_of(self, family: str = "", tenant: str = "") -> tuple[HotRow, ...]:
        return tuple(row for row in self.hot if family in ("", row.family) and tenant in ("", row.tenant))

    def hot_in(self, slots: Iterable[SlotRange]) -> tuple[HotRow, ...]:
        """Of L1's keys those that lie in these hash slots."""
        of_l1 = [(row, key_slot(row.key.encode())) for row in self.hot if row.family in IN_L1]
        return tuple(row for row, slot in of_l1 if any(part.first <= slot <= part.last for part in slots))

    @property
    def tenants(self) -> tuple[Reads, ...]:
        """Each tenant's families together."""
        sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        for row in self.rows:
            _add(sums[row.tenant], (row.reads, row.near, row.loads))
        return _ranked(Reads(tenant, "", *counts) for tenant, counts in sums.items())


def readers(seen: Snapshot) -> Readers:
    """The newest two windows, over all nodes: nobody knows where a window lies but the node that has it."""
    several = [(one, facts) for one, facts in seen.facts(ReadersFacts) if one.reachable]
    windows = [window for _, facts in several for window in facts.windows]
    at = max((one.good_at for one, _ in several if one.good_at), default=None)
    newest = max((window.began for window in windows), default=0)
    used = [window for window in windows if window.began >= newest - WINDOW_SECONDS]
    if at is None or at.timestamp() - newest > 2 * WINDOW_SECONDS:
        return Readers((), (), 0.0, at)
    seconds = max(1.0, at.timestamp() - min(window.began for window in used))
    return Readers(_reads(used, seconds), _hot(used, seconds), seconds, at)


def _reads(windows: Sequence[WindowFact], seconds: float) -> tuple[Reads, ...]:
    sums: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in (row for window in windows for row in window.tenants):
        _add(sums[row.tenant, row.family], (row.reads, row.near, row.loads))
    return tuple(
        Reads(tenant, family, *(count / seconds for count in counts)) for (tenant, family), counts in sums.items()
    )


def _add(sums: list[float], counts: Iterable[float]) -> None:
    sums[:] = [one + other for one, other in zip(sums, counts, strict=True)]


def _hot(windows: Sequence[WindowFact], seconds: float) -> tuple[HotRow, ...]:
    counts: Counter[str] = Counter()
    for window in windows:
        counts.update({key.key: key.reads for key in window.keys})
    return tuple(HotRow(key, count / seconds) for key, count in counts.most_common())


def _ranked(rows: Iterable[Reads]) -> tuple[Reads, ...]:
    return tuple(sorted(rows, key=lambda row: (row.others, -row.reads, row.tenant)))


def tenant_over_time(tenant: str, since: datetime, now: datetime) -> dict[str, Series]:
    """Per second what one tenant read, of it in process, and loaded, where it was among those that read most. The
    windows' nodes take turns, so that the samples of all of them are one line."""
    names = (f"{tenant}:reads_total", f"{tenant}:near_total", f"{tenant}:loads_total")
    width = 0 if now - since <= RAW_FOR else MINUTE
    rows = Sample.objects.filter(probe=PROBE, width_seconds=width, at__gte=since, values__has_key=names[0])
    points = [Point(at, values) for at, values in rows.order_by("at").values_list("at", "values")]
    found = gathered(points, names)
    lines = zip(("Reads", "In process", "Loaded"), names, strict=True)
    return {label: smooth_rate(found[name], PLOT_POINTS) for label, name in lines}
