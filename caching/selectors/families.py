"""Families: who reads what, and how many keys there are of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from caching.facts import FamilyKeysFacts
from caching.library.families import FAMILIES, Family
from caching.selectors.cost import Cost, cost
from caching.selectors.rates import SPARK_POINTS
from caching.traffic import Traffic
from metrics.contract import Snapshot


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """`keys` over all nodes; `exact` when every key was looked at. `keys_at` is when the oldest count was made; `bytes`
    from the keys that were measured."""

    family: Family
    now: Traffic
    spark: tuple[float | None, ...]
    cost: Cost
    keys: int | None
    bytes: int | None
    exact: bool
    keys_at: datetime | None


def family_rows(seen: Snapshot, known: Mapping[str, Traffic]) -> tuple[FamilyRow, ...]:
    return tuple(_family_row(family, known[family.name], seen) for family in FAMILIES.values())


def _family_row(family: Family, now: Traffic, seen: Snapshot) -> FamilyRow:
    counts = [(one, facts) for one, facts in seen.facts(FamilyKeysFacts) if facts.tier == family.tier and facts.total]
    parts = [part for _, facts in counts for part in facts.families if part.family == family.name]
    sizes = [part.bytes for part in parts if part.bytes is not None]
    return FamilyRow(
        family=family,
        now=now,
        spark=now.ratios(SPARK_POINTS).values,
        cost=cost(family, now),
        keys=sum(part.keys for part in parts) if counts else None,
        bytes=sum(sizes) if sizes else None,
        exact=all(facts.exact for _, facts in counts),
        keys_at=min((one.good_at for one, _ in counts if one.good_at), default=None),
    )
