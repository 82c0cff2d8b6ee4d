"""Memcached's slab classes over several servers: what their chunks hold and waste, what lies free in their pages."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from caching.clients.memcached_replies import SlabClass
from caching.facts import MemcachedFacts
from metrics.contract import Snapshot


@dataclass(frozen=True, slots=True)
class SlabRow:
    """Classes of one chunk size. `wasted` is None where a server does not say what its items take; `oldest` is the
    age in seconds of the item that would be evicted last."""

    chunk_bytes: int
    items: int
    pages: int
    used: int
    wasted: int | None
    free: int
    evicted: int
    oldest: int

    @property
    def waste(self) -> float | None:
        return self.wasted / self.used if self.wasted is not None and self.used else None


def slab_rows(seen: Snapshot, nodes: Sequence[str]) -> tuple[SlabRow, ...]:
    """Of these servers together, by the size of their chunks; without classes that hold nothing."""
    by_size: defaultdict[int, list[SlabClass]] = defaultdict(list)
    for one, facts in seen.facts(MemcachedFacts):
        if one.server.name in nodes:
            for slab in facts.slabs:
                by_size[slab.chunk_bytes].append(slab)
    rows = (_row(size, several) for size, several in by_size.items())
    return tuple(sorted((row for row in rows if row.pages), key=lambda row: row.chunk_bytes))


def _row(size: int, several: Sequence[SlabClass]) -> SlabRow:
    wasted = [slab.wasted_bytes for slab in several]
    return SlabRow(
        chunk_bytes=size,
        items=sum(slab.chunks_used for slab in several),
        pages=sum(slab.pages for slab in several),
        used=sum(slab.used_bytes for slab in several),
        wasted=None if None in wasted else sum(one for one in wasted if one is not None),
        free=sum(slab.free_bytes for slab in several),
        evicted=sum(slab.evicted_total for slab in several),
        oldest=max((slab.oldest_seconds for slab in several), default=0),
    )
