"""One tier's page: its nodes together and over time, what lies in it, what its commands take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from caching.library.families import FAMILIES, Tier
from caching.selectors.commands import Commands, commands_of
from caching.selectors.contents import Contents, contents_of, distribution
from caching.selectors.families import FamilyRow
from caching.selectors.over_time import (
    MEMCACHED_MEASURES,
    REDIS_MEASURES,
    Lines,
    Measure,
    node_ratios,
    nodes_over_time,
    serving,
)
from caching.selectors.overview import CachesPage, page
from caching.selectors.slabs import SlabRow, slab_rows
from caching.selectors.tiers import TierRow
from caching.slot_keys import SlotKeys
from metrics.contract import Seen, Snapshot

PROBES = {Tier.L1: "redis", Tier.L2: "memcached"}
MEASURES: dict[str, tuple[Measure, ...]] = {"redis": REDIS_MEASURES, "memcached": MEMCACHED_MEASURES}


@dataclass(frozen=True, slots=True)
class TierPage:
    tier: Tier
    whole: TierRow
    both: CachesPage
    families: tuple[FamilyRow, ...]
    contents: Contents
    commands: Commands
    distribution: SlotKeys
    slabs: tuple[SlabRow, ...]
    ratios: Lines
    measures: tuple[tuple[Measure, Lines], ...]


def tier_page(seen: Snapshot, tier: Tier, since: datetime) -> TierPage:
    both, probe = page(seen), PROBES[tier]
    several = serving(seen.of_probe(probe))
    names = [one.server.name for one in several]
    return TierPage(
        tier=tier,
        whole=both.l1 if tier is Tier.L1 else both.l2,
        both=both,
        families=tuple(row for row in both.families if FAMILIES[row.family.name].tier is tier),
        contents=contents_of(seen, names),
        commands=commands_of(seen, names),
        distribution=distribution(seen, both.redis),
        slabs=slab_rows(seen, names),
        ratios=node_ratios(several, probe, since),
        measures=measured(several, probe, since),
    )


def measured(several: Sequence[Seen], probe: str, since: datetime) -> tuple[tuple[Measure, Lines], ...]:
    measures = MEASURES[probe]
    found = nodes_over_time(several, measures, since)
    return tuple((measure, found[measure.key]) for measure in measures)
