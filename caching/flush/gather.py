"""Asking both tiers how much a family holds, before it is flushed. A node that does not answer is a fact."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import TypeVar

from django.utils import timezone

from caching.clients.memcached import Memcached
from caching.exceptions import CacheError
from caching.flush.facts import FlushFacts, NodeKeys, ServerItems
from caching.flush.scope import in_l1, in_l2, items_of
from caching.flush.topology import NoCluster, Primary, primaries
from caching.flush.walk import COUNT, batches, escaped, node_of, sizes
from caching.library.families import Family
from caching.traffic import traffic_of
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target

LOOKED_AT = 20_000
MEASURED = 100
CRAWL_SECONDS = 10.0
RATES_OVER = timedelta(minutes=5)
Asked = TypeVar("Asked")
Told = TypeVar("Told")


def gather(family: Family) -> FlushFacts:
    rates = traffic_of(family.name, timezone.now() - RATES_OVER)
    known = FlushFacts(family=family.name, hits_per_second=rates.hits_per_second, hit_ratio=rates.ratio)
    try:
        found = primaries()
    except NoCluster as problem:
        return known.model_copy(update={"problem": str(problem)})
    servers = targets(ServerKind.MEMCACHED) if in_l2(family) else ()
    nodes = _each(found, lambda primary: keys_on(primary, family))
    return known.model_copy(update={"nodes": nodes, "servers": _each(servers, lambda one: items_on(one, family))})


def keys_on(primary: Primary, family: Family) -> NodeKeys:
    node = NodeKeys(node_id=primary.node_id, name=primary.target.name)
    if not in_l1(family):
        return node
    try:
        return _sampled(primary, family, node)
    except CacheError as problem:
        return node.model_copy(update={"problem": str(problem)})


def _sampled(primary: Primary, family: Family, node: NodeKeys) -> NodeKeys:
    """SCAN walks in the order of hashes, so that its first keys are a fair sample of all."""
    total, found, looked, whole = node_of(primary).size(), [], 0, True
    for keys in batches(primary, f"{escaped(family.prefix)}*", Event()):
        found += keys
        looked += COUNT
        if looked >= LOOKED_AT and looked < total:
            whole = False
            break
    measured = sizes(primary, found[:MEASURED])
    return node.model_copy(
        update={
            "total": total,
            "sampled": total if whole else looked,
            "keys": len(found) if whole else round(len(found) * total / looked),
            "mean_bytes": sum(measured) / len(measured) if measured else None,
        }
    )


def items_on(target: Target, family: Family) -> ServerItems:
    try:
        items = items_of(family, Memcached(target, CRAWL_SECONDS).items())
    except CacheError as problem:
        return ServerItems(name=target.name, problem=str(problem))
    return ServerItems(name=target.name, items=len(items), bytes=sum(item.bytes for item in items))


def _each(asked: Sequence[Asked], ask: Callable[[Asked], Told]) -> tuple[Told, ...]:
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        return tuple(pool.map(ask, asked))
