"""Which node to ask for which key, as the collector last saw the cluster."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from redis.crc import key_slot

from caching.clients.memcached import Memcached
from caching.clients.redis import RedisNode
from caching.clients.redis_replies import SlotRange
from caching.exceptions import CacheError
from caching.facts import RedisFacts
from metrics.contract import Snapshot
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target

TIMEOUT = 1.0
Asked = TypeVar("Asked")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Primary:
    target: Target
    slots: tuple[SlotRange, ...]

    @property
    def node(self) -> RedisNode:
        return RedisNode(self.target, TIMEOUT)

    def owns(self, slot: int) -> bool:
        return any(part.first <= slot <= part.last for part in self.slots)


@dataclass(frozen=True, slots=True)
class Sick:
    """A server that could not be asked, and why: a sentence."""

    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class Places:
    primaries: tuple[Primary, ...]
    memcached: tuple[Target, ...]

    def primary_of(self, key: str) -> Primary | None:
        """None where the collector saw nobody that owns the key's slot."""
        slot = slot_of(key)
        return next((one for one in self.primaries if one.owns(slot)), None)


def slot_of(key: str) -> int:
    return int(key_slot(key.encode()))


def places(seen: Snapshot, targets: Sequence[Target]) -> Places:
    """Of nodes that say they own a slot, those that answered last come first: after a failover the old one is wrong."""
    by_name = {target.name: target for target in targets if target.kind == ServerKind.REDIS}
    leading = [
        (not one.reachable, Primary(by_name[one.server.name], facts.slots))
        for one, facts in seen.facts(RedisFacts)
        if facts.leads and facts.slots and one.server.name in by_name
    ]
    primaries = tuple(primary for _, primary in sorted(leading, key=lambda pair: pair[0]))
    return Places(primaries, tuple(target for target in targets if target.kind == ServerKind.MEMCACHED))


def memcached(target: Target) -> Memcached:
    return Memcached(target, TIMEOUT)


def ask_all(
    several: Iterable[Place], name: Callable[[Place], str], ask: Callable[[Place], Asked]
) -> tuple[Mapping[str, Asked], tuple[Sick, ...]]:
    """All of them at once: the answers by name, and who did not give one."""
    places = list(several)
    if not places:
        return {}, ()
    with ThreadPoolExecutor(len(places)) as threads:
        said = list(threads.map(lambda place: _answer(place, ask), places))
    rows = [(name(place), answer) for place, answer in zip(places, said, strict=True)]
    answers = {where: answer for where, answer in rows if not isinstance(answer, CacheError)}
    return answers, tuple(Sick(where, str(answer)) for where, answer in rows if isinstance(answer, CacheError))


def _answer(place: Place, ask: Callable[[Place], Asked]) -> Asked | CacheError:
    try:
        return ask(place)
    except CacheError as problem:
        return problem
