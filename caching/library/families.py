"""The families of cached values: what is kept where, for how long, and in which form. This table is the only place."""

from dataclasses import dataclass
from enum import StrEnum

from caching.library.serialisers import JSON, MSGPACK, Serialiser


class Tier(StrEnum):
    L1 = "L1"
    L2 = "L2"


class Follows(StrEnum):
    """Which generations hide an entry, beside its family's. Those of ENTRY and RESULTS also follow the tenant's and its
    shard's."""

    NOTHING = "nothing"  # what is kept nowhere else
    ENTRY = "entry"  # one of its own: a change of this VM, of this person
    RESULTS = "results"  # one that all query results of the tenant share


@dataclass(frozen=True, slots=True)
class Family:
    """`ttl` in seconds. `serialiser` is None for sorted sets. `backing` names the L2 family that is asked after a miss
    in L1, and filled together with it."""

    name: str
    tier: Tier
    ttl: int
    serialiser: Serialiser | None
    meaning: str
    follows: Follows
    backing: str = ""

    @property
    def prefix(self) -> str:
        return f"{self.name}:"


_TABLE = (
    Family("session", Tier.L1, 28_800, MSGPACK, "Sessions of signed-in people", Follows.NOTHING),
    Family("vm", Tier.L1, 300, JSON, "Details of a VM", Follows.ENTRY, backing="qr"),
    Family("perm", Tier.L1, 900, JSON, "What a person may do in a tenant", Follows.ENTRY),
    Family("metric", Tier.L1, 60, None, "A VM's measurements of the last minute, by time", Follows.NOTHING),
    Family("qr", Tier.L2, 600, JSON, "Results of queries, such as a page of a tenant's VMs", Follows.RESULTS),
    Family("agg", Tier.L2, 1_800, JSON, "A tenant's totals: vm_count, resource_usage, cost", Follows.RESULTS),
    Family("api", Tier.L2, 300, JSON, "Whole answers of the API", Follows.RESULTS),
)
FAMILIES: dict[str, Family] = {family.name: family for family in _TABLE}
AGGREGATIONS = ("vm_count", "resource_usage", "cost")
