"""What the caching library's counters say of each family: from the shared hash to facts. Pure."""

from caching.facts import FamiliesFacts, FamilyTraffic
from caching.library.counters import EVENTS
from caching.library.families import FAMILIES


def parse(fields: dict[str, int]) -> FamiliesFacts:
    """Fields of another form are left out: the hash is everybody's to write."""
    numbers: dict[str, dict[str, int]] = {}
    for field, value in fields.items():
        family, _, event = field.rpartition(":")
        if family and event in EVENTS:
            numbers.setdefault(family, {})[f"{event}_total"] = value
    families = (FamilyTraffic(family=name, tier=tier_of(name), **counts) for name, counts in sorted(numbers.items()))
    return FamiliesFacts(found=bool(numbers), families=tuple(families))


def tier_of(family: str) -> str:
    """L1 or L2; empty for what is no family of ours."""
    known = FAMILIES.get(family)
    return known.tier if known else ""


def values(facts: FamiliesFacts) -> dict[str, float]:
    """`vm:hits_total` and so on, for samples; of what has no tier, invalidations alone."""
    return {
        f"{one.family}:{event}_total": float(getattr(one, f"{event}_total"))
        for one in facts.families
        for event in (EVENTS if one.tier else ("invalidations",))
    }
