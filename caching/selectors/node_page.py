"""One node's page: a Redis node or a Memcached."""

from dataclasses import dataclass
from datetime import datetime

from caching.clients.redis_replies import ReplicaLink
from caching.facts import MemcachedFacts, RedisFacts
from caching.selectors.commands import Commands, commands_of
from caching.selectors.contents import Contents, contents_of, distribution
from caching.selectors.memcached import MemcachedRow
from caching.selectors.over_time import Lines, Measure, node_ratios, serving
from caching.selectors.overview import CachesPage, page
from caching.selectors.redis import RedisRow
from caching.selectors.slabs import SlabRow, slab_rows
from caching.selectors.tier_page import measured
from caching.slot_keys import SlotKeys
from metrics.contract import Seen, Snapshot


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """A replica as its primary sees it."""

    name: str
    link: ReplicaLink
    behind: int


@dataclass(frozen=True, slots=True)
class NodePage:
    """`row` is None for a node that was never asked."""

    name: str
    probe: str
    seen: Seen
    row: RedisRow | MemcachedRow | None
    replicas: tuple[ReplicaRow, ...]
    contents: Contents
    commands: Commands
    distribution: SlotKeys
    slabs: tuple[SlabRow, ...]
    ratios: Lines
    measures: tuple[tuple[Measure, Lines], ...]

    @property
    def serves(self) -> bool:
        """Whether applications read from it."""
        return bool(serving([self.seen]))

    @property
    def ping_ms(self) -> float | None:
        facts = self.seen.facts
        return facts.ping_ms if isinstance(facts, MemcachedFacts) else self.commands.ping_ms


def node_page(seen: Snapshot, kind: str, name: str, since: datetime) -> NodePage | None:
    """`kind` is the probe's name: redis or memcached. None when the fleet has no such node, or nobody asks it."""
    found = seen.seen(kind, name, kind)
    if found is None:
        return None
    both = page(seen)
    row = next((one for one in _rows(both, kind) if one.seen.server.name == name), None)
    return NodePage(
        name=name,
        probe=kind,
        seen=found,
        row=row,
        replicas=replicas(seen, found),
        contents=contents_of(seen, [name]),
        commands=commands_of(seen, [name]),
        distribution=distribution(seen, [one for one in both.redis if one.seen.server.name == name]),
        slabs=slab_rows(seen, [name]),
        ratios=node_ratios([found], kind, since),
        measures=measured([found], kind, since),
    )


def _rows(both: CachesPage, kind: str) -> tuple[RedisRow | MemcachedRow, ...]:
    return both.redis if kind == "redis" else both.memcached


def replicas(seen: Snapshot, primary: Seen) -> tuple[ReplicaRow, ...]:
    if not isinstance(primary.facts, RedisFacts):
        return ()
    info, names = primary.facts.info, {one.server.address: one.server.name for one in seen.of_probe("redis")}
    return tuple(ReplicaRow(names.get(link.address, link.address), link, info.behind(link)) for link in info.replicas)


def memory(page: NodePage) -> tuple[int, int] | None:
    """Bytes, and their limit (0: none)."""
    facts = page.seen.facts
    if isinstance(facts, RedisFacts):
        return facts.info.memory_bytes, facts.info.memory_limit_bytes
    return (facts.stats.bytes, facts.stats.limit_bytes) if isinstance(facts, MemcachedFacts) else None
