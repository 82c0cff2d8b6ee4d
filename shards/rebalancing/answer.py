"""A planned rebalance: which tenant goes where and why, and what that makes of the shards."""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    PINNED = "pinned"
    TOGETHER = "together"
    APART = "apart"
    LEAVING = "leaving"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Move:
    """`share` is the tenant's part of the whole fleet's load, 0 to 1; `why` a sentence with its numbers."""

    tenant_id: str
    source: str
    target: str
    bytes: int
    share: float
    reason: Why
    why: str


@dataclass(frozen=True, slots=True)
class ShardShare:
    """`load` and `fair` are parts of the whole fleet's load, 0 to 1: what the shard carries, and what its weight says
    that it should carry."""

    name: str
    fair: float
    load: float
    tenants: int
    bytes: int

    @property
    def over(self) -> float:
        """0.1 is a tenth above its fair share, -1 is empty. 0 for a shard that should carry nothing and does not."""
        if not self.fair:
            return float("inf") if self.load > 1e-12 else 0.0
        return self.load / self.fair - 1


@dataclass(frozen=True, slots=True)
class Rebalance:
    """`moves` come in the order in which they should be carried out: what must leave first, then by what each is worth
    per byte. `notes` say what could not be had and why."""

    moves: tuple[Move, ...]
    before: tuple[ShardShare, ...]
    after: tuple[ShardShare, ...]
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        return sum(move.bytes for move in self.moves)

    @property
    def skew_before(self) -> float:
        return skew(self.before)

    @property
    def skew_after(self) -> float:
        return skew(self.after)


def skew(shards: tuple[ShardShare, ...]) -> float:
    """By how much the fullest of the shards that share the load is above its part; 0 where there is none."""
    return max((shard.over for shard in shards if shard.fair), default=0.0)
