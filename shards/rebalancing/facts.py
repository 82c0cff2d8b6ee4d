"""What a rebalance is planned from, and what may not happen. All sizes are in bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Opens(StrEnum):
    """What a shard's state means for a plan."""

    BOTH_WAYS = "both ways"
    OUT_ONLY = "out only"  # it is being emptied: everything has to leave
    CLOSED = "closed"  # nothing comes, nothing goes


@dataclass(frozen=True, slots=True)
class ShardLoad:
    """`weight` is its capacity beside the others'. `free_bytes` is None where nobody knows what its disk has left."""

    name: str
    weight: int
    opens: Opens = Opens.BOTH_WAYS
    free_bytes: int | None = None

    @property
    def takes(self) -> bool:
        return self.opens is Opens.BOTH_WAYS and self.weight > 0

    @property
    def leaves(self) -> bool:
        """Everything on it has to go: it is being emptied, or its weight gives it no share."""
        return self.opens is not Opens.CLOSED and not self.takes


@dataclass(frozen=True, slots=True)
class TenantLoad:
    """`writes_per_s` is a mean over some time, chosen by whoever measured it."""

    tenant_id: str
    shard: str
    bytes: int = 0
    vms: int = 0
    writes_per_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Mix:
    """How much each measure counts; only their proportions matter."""

    bytes: float = 1.0
    vms: float = 0.0
    writes: float = 0.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """`skew` is by how much the fullest shard may be above its share: 0.1 is a tenth. `pins` name the shard of a
    tenant. Tenants of one set of `together` end on one shard, those of one set of `apart` on as many as they are.
    A shard's disk keeps `headroom` of its free space. None is no limit; `most_moves` and `most_bytes` leave the least
    useful moves out."""

    mix: Mix = Mix()
    skew: float = 0.1
    pins: Mapping[str, str] = field(default_factory=dict)
    together: tuple[frozenset[str], ...] = ()
    apart: tuple[frozenset[str], ...] = ()
    headroom: float = 0.2
    most_moves: int | None = None
    most_bytes: int | None = None
