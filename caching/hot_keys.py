"""Which keys of a primary are used most, as it counts their use itself (OBJECT FREQ) and as `redis-cli --hotkeys` finds
them: every key is looked at. Where there are many, a part of them each time: the walk goes on where it stopped."""

from dataclasses import dataclass
from heapq import nlargest

from caching.clients.redis import RedisNode, Scanned
from caching.sampling import Measured, measured, uses_of

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk over all keys of a node stands: `looked` since it began, `hottest` of what it has seen. A collector
    that begins without it finds the same in as many steps."""

    cursor: int = 0
    looked: int = 0
    once_around: bool = False
    hottest: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """The most used first; `looked` is the number of keys that they are the most used of."""

    keys: tuple[Measured, ...] = ()
    looked: int = 0


_walks: dict[str, Walk] = {}


def walk_of(node: RedisNode) -> Walk:
    return _walks.get(node.target.address, Walk())


def most_used(node: RedisNode, part: Scanned, total: int) -> Used:
    """Of the keys of this part of the node's walk and those found before. Only where the policy is LFU."""
    before = walk_of(node)
    uses = uses_of(node, list(dict.fromkeys([*before.hottest, *part.keys])))
    hottest = nlargest(SHOWN, uses, key=lambda key: uses[key])
    looked, around = before.looked + len(part.keys), before.once_around or part.ended
    _walks[node.target.address] = Walk(part.cursor, looked, around, tuple(hottest))
    found = [one for one in measured(node, hottest, uses) if one.uses]
    return Used(tuple(found), total if around else min(looked, total))
