"""One family's page: how it is read over time, where its keys lie, what its misses cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from caching.library.families import FAMILIES, Family, Tier
from caching.selectors.contents import Contents, contents_of
from caching.selectors.families import FamilyRow, family_rows
from caching.selectors.over_time import serving
from caching.selectors.rates import NOW_SECONDS, PLOT_POINTS
from caching.selectors.tier_page import PROBES
from caching.smoothing import smooth_rate
from caching.traffic import Traffic, traffic
from metrics.contract import Snapshot
from metrics.series import Series


@dataclass(frozen=True, slots=True)
class FamilyPage:
    """`lines` are per second. `mean_bytes` of a key, as measured."""

    family: Family
    row: FamilyRow
    contents: Contents
    ratio: Series
    lines: dict[str, Series]

    @property
    def mean_bytes(self) -> float | None:
        return self.row.bytes / self.row.keys if self.row.bytes and self.row.keys else None


def family_page(seen: Snapshot, name: str, since: datetime) -> FamilyPage:
    """Of a family that there is."""
    family = FAMILIES[name]
    now = traffic(FAMILIES, seen.at - timedelta(seconds=NOW_SECONDS))
    over_time = traffic([name], since)[name]
    nodes = [one.server.name for one in serving(seen.of_probe(PROBES[Tier(family.tier)]))]
    return FamilyPage(
        family=family,
        row=next(row for row in family_rows(seen, now) if row.family.name == name),
        contents=contents_of(seen, nodes, name),
        ratio=over_time.ratios(PLOT_POINTS),
        lines=lines(over_time),
    )


def lines(over_time: Traffic) -> dict[str, Series]:
    """Errors only where there were any: what is always 0 hides the others."""
    named = {
        "Hits": over_time.hits,
        "In process": over_time.near,
        "Misses": over_time.misses,
        "Sets": over_time.sets,
        "Loaded": over_time.loads,
        **({"Errors": over_time.errors} if over_time.errors_total else {}),
    }
    return {name: smooth_rate(counter, PLOT_POINTS) for name, counter in named.items()}
