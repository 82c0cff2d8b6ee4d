"""The families of cached values: what is kept where, for how long, and in which form. This table is the only place."""

from dataclasses import dataclass
from enum import StrEnum

from caching.library.serialisers import JSON, MSGPACK, Serialiser

KIB = 1024
JITTER = 0.1  # of a family's TTL, so that what was filled together does not expire together


class Tier(StrEnum):
    L1 = "L1"
    L2 = "L2"


class Follows(StrEnum):
    """Which generations hide an entry, beside its family's. Those of ENTRY and RESULTS also follow the tenant's and its
    shard's."""

    NOTHING = "nothing"  # what is kept nowhere else
    ENTRY = "entry"  # one of its own: a change of this VM, of this person
    RESULTS = "results"  # one that all query results of the tenant share


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Times in seconds. `serialiser` is None for sorted sets. `backing` names the L2 family that is asked after a miss
    in L1, and filled together with it. `stale` is how much longer than `ttl` a value is kept for the case that the
    loader fails; 0 where an error is better. `negative_ttl` is how long None is kept, 0 for
    as long as any value. `most_bytes` limits a value as
    its serialiser writes it. `early` is XFetch's beta: 1 refreshes a hot value about as long before its end as it takes
    to compute, more is earlier, 0 is never."""

    name: str
    tier: Tier
    ttl: int
    serialiser: Serialiser | None
    meaning: str
    follows: Follows = Follows.NOTHING
    backing: str = ""
    stale: int = 0
    negative_ttl: int = 0
    most_bytes: int = 64 * KIB
    early: float = 0.0

    @property
    def prefix(self) -> str:
        return f"{self.name}:"

    @property
    def near(self) -> bool:
        """Whether a process may keep entries of its own."""
        return self.tier is Tier.L1 and self.serialiser is not None

    @property
    def least_life(self) -> float:
        """An entry stays at least this long in its store, if nobody removes it."""
        return self.ttl * (1 - JITTER) + self.stale


_TABLE = (
    Family(
        name="session",
        tier=Tier.L1,
        ttl=28_800,
        serialiser=MSGPACK,
        meaning="Sessions of signed-in people",
    ),
    Family(
        name="vm",
        tier=Tier.L1,
        ttl=300,
        serialiser=JSON,
        meaning="Details of a VM",
        follows=Follows.ENTRY,
        backing="qr",
        stale=300,
        negative_ttl=30,
        most_bytes=256 * KIB,
        early=1.0,
    ),
    Family(
        name="perm",
        tier=Tier.L1,
        ttl=900,
        serialiser=JSON,
        meaning="What a person may do in a tenant",
        follows=Follows.ENTRY,
        negative_ttl=60,
    ),
    Family(
        name="metric",
        tier=Tier.L1,
        ttl=60,
        serialiser=None,
        meaning="A VM's measurements of the last minute, by time",
    ),
    Family(
        name="qr",
        tier=Tier.L2,
        ttl=600,
        serialiser=JSON,
        meaning="Results of queries, such as a page of a tenant's VMs",
        follows=Follows.RESULTS,
        stale=600,
        negative_ttl=60,
        most_bytes=900 * KIB,
        early=1.0,
    ),
    Family(
        name="agg",
        tier=Tier.L2,
        ttl=1_800,
        serialiser=JSON,
        meaning="A tenant's totals: vm_count, resource_usage, cost",
        follows=Follows.RESULTS,
        stale=1_800,
        negative_ttl=60,
        early=2.0,
    ),
    Family(
        name="api",
        tier=Tier.L2,
        ttl=300,
        serialiser=JSON,
        meaning="Whole answers of the API",
        follows=Follows.RESULTS,
        stale=300,
        negative_ttl=30,
        most_bytes=900 * KIB,
        early=1.0,
    ),
)
FAMILIES: dict[str, Family] = {family.name: family for family in _TABLE}
AGGREGATIONS = ("vm_count", "resource_usage", "cost")
