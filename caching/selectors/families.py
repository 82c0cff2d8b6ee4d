"""Families: who reads what, and how many keys there are of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from caching.facts import FamilyKeysFacts
from caching.library.families import FAMILIES, Family
from caching.selectors.rates import SPARK_POINTS
from caching.traffic import Traffic
from metrics.contract import Snapshot


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """`keys` over all nodes; `exact` when every key was looked at. `keys_at` is when the oldest count was made."""

    family: Family
    now: Traffic
    spark: tuple[float | None, ...]
    keys: int | None
    exact: bool
    keys_at: datetime | None


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
