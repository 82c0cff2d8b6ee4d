"""What lies in the caches: how many keys of which family, how large, in which slots. Once a minute, from samples."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest

from redis.crc import key_slot

from caching.asking import asking
from caching.clients.memcached import Memcached
from caching.clients.redis import RedisNode
from caching.clients.redis_replies import SLOTS, SlotRange
from caching.facts import FamilyKeys, FamilyKeysFacts, KeyFact, SlotFact
from caching.hot_keys import SHOWN, Used, most_used, walk_of
from caching.library import keys
from caching.library.families import FAMILIES
from caching.library.keys import parse
from caching.masking import shown_key
from caching.sampling import Measured, keys_in, keys_per_slot, measured, random_keys
from metrics.contract import Answer
from novaops.inventory.targets import Target

KEYS_TIMEOUT = 10.0
KEYS_SAMPLED = 20_000
KEYS_MEASURED = 500
FULL_SLOTS = 5
SLOT_PARTS = 128
OTHER, BOOKKEEPING = "other", "bookkeeping"


@asking
def ask_redis_keys(target: Target) -> Answer:
    """Only masters are looked at: a replica holds the same keys."""
    node = RedisNode(target, KEYS_TIMEOUT)
    info = node.info()
    if info.role != "master":
        return Answer(FamilyKeysFacts(tier="L1"))
    part = node.some_keys(KEYS_SAMPLED, walk_of(node).cursor)
    seen, whole = part.keys, part.whole
    total = len(seen) if whole else max(node.size(), len(seen))
    used = most_used(node, part, total) if info.evicts_by_use else Used()
    sample = measured(node, few_of(seen) if whole else random_keys(node, KEYS_MEASURED))
    facts = _facts(Counter(parse(key).family for key in seen), len(seen), total, sample, "L1")
    counts = Counter(key_slot(key) for key in seen) if whole else keys_per_slot(node, _own_slots(node))
    hot = {"hot": tuple(_shown(one) for one in used.keys), "uses_looked": used.looked}
    return _answer(facts.model_copy(update=hot | _slots(node, counts)))


def few_of(found: Sequence[bytes]) -> list[bytes]:
    """Any KEYS_MEASURED of them."""
    return random.sample(found, min(len(found), KEYS_MEASURED))


@asking
def ask_memcached_keys(target: Target) -> Answer:
    server = Memcached(target, KEYS_TIMEOUT)
    items, whole = server.some_items(KEYS_SAMPLED)
    total = len(items) if whole else max(len(items), server.stats().items)
    sizes = [Measured(item.key.decode(errors="replace"), item.bytes) for item in items]
    found = Counter(parse(one.key).family for one in sizes)
    return _answer(_facts(found, len(items), total, sizes, "L2"))


def _facts(found: Counter[str], looked: int, total: int, sample: Sequence[Measured], tier: str) -> FamilyKeysFacts:
    scale, sizes = total / looked if looked else 1.0, mean_bytes(sample)
    counted = [(name, count * scale) for name, count in sorted(named(found).items())]
    return FamilyKeysFacts(
        families=tuple(_family(name, count, sizes.get(name)) for name, count in counted),
        sampled=looked,
        total=total,
        tier=tier,
        measured=len(sample),
        big=tuple(_shown(one) for one in nlargest(SHOWN, sample, key=lambda one: one.bytes)),
    )


def _answer(facts: FamilyKeysFacts) -> Answer:
    counts = {f"{one.family}:keys": float(one.keys) for one in facts.families}
    sizes = {f"{one.family}:bytes": float(one.bytes) for one in facts.families if one.bytes is not None}
    return Answer(facts, counts | sizes)


def named(found: Counter[str]) -> Counter[str]:
    """By family; the library's own bookkeeping is one group, and what no family has another, as anybody's keys may have
    any name."""
    counted: Counter[str] = Counter()
    for name, count in found.items():
        counted[family_of(name)] += count
    return counted


def family_of(key: str) -> str:
    name = parse(key).family
    return name if name in FAMILIES else BOOKKEEPING if name in keys.BOOKKEEPING else OTHER


def mean_bytes(sample: Iterable[Measured]) -> dict[str, float]:
    """What an entry of each family takes, by those that were measured."""
    sizes: defaultdict[str, list[int]] = defaultdict(list)
    for one in sample:
        sizes[family_of(one.key)].append(one.bytes)
    return {name: sum(several) / len(several) for name, several in sizes.items()}


def _family(name: str, count: float, mean: float | None) -> FamilyKeys:
    return FamilyKeys(family=name, keys=round(count), bytes=None if mean is None else round(count * mean))


def _shown(one: Measured) -> KeyFact:
    return KeyFact(key=shown_key(one.key), bytes=one.bytes, uses=one.uses)


def _own_slots(node: RedisNode) -> tuple[SlotRange, ...]:
    return next((one.slots for one in node.nodes() if "myself" in one.flags), ())


def _slots(node: RedisNode, counts: Mapping[int, int]) -> dict[str, tuple[object, ...]]:
    full = nlargest(FULL_SLOTS, ((count, slot) for slot, count in counts.items() if count))
    return {"slot_parts": slot_parts(counts), "full_slots": tuple(_slot(node, slot, count) for count, slot in full)}


def slot_parts(counts: Mapping[int, int]) -> tuple[int, ...]:
    parts = [0] * SLOT_PARTS
    for slot, count in counts.items():
        parts[slot * SLOT_PARTS // SLOTS] += count
    return tuple(parts)


def _slot(node: RedisNode, slot: int, count: int) -> SlotFact:
    return SlotFact(slot=slot, keys=count, tag=common_tag(keys_in(node, slot, SHOWN)))


def common_tag(found: Iterable[str]) -> str:
    """The tenant that all of them belong to; empty where they differ."""
    tags = {parse(key).tenant for key in found}
    return tags.pop() if len(tags) == 1 else ""
