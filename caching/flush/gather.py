"""Asking both tiers how much a flush would hit, before it is planned. A node that does not answer is a fact."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import TypeVar

from django.utils import timezone

from caching.clients.memcached import Memcached
from caching.clients.redis_replies import SLOTS
from caching.exceptions import CacheError
from caching.flush.facts import FlushFacts, NodeKeys, ServerItems
from caching.flush.scope import Scope, items_of
from caching.flush.topology import NoCluster, Primary, primaries
from caching.flush.walk import COUNT, batches, in_slot, node_of, sizes
from caching.traffic import Traffic, traffic
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target

LOOKED_AT = 20_000
MEASURED = 100
CRAWL_SECONDS = 10.0
RATES_OVER = timedelta(minutes=5)
Asked = TypeVar("Asked")
Told = TypeVar("Told")


def gather(scope: Scope) -> FlushFacts:
    known = _rates(list(traffic(scope.families, timezone.now() - RATES_OVER).values()))
    try:
        found = tuple(one for one in primaries() if scope.node in ("", one.target.name))
    except NoCluster as problem:
        return known.model_copy(update={"problem": str(problem)})
    nodes = _each(found, lambda primary: keys_on(primary, scope))
    servers = _each(servers_of(scope), lambda one: items_on(one, scope))
    share = sum(one.slots for one in found) / SLOTS
    return known.model_copy(update={"nodes": nodes, "servers": servers, "slot_share": share})


def servers_of(scope: Scope) -> tuple[Target, ...]:
    """The Memcached servers that it is about."""
    return tuple(one for one in targets(ServerKind.MEMCACHED) if scope.l2 and scope.node in ("", one.name))


def _rates(found: Sequence[Traffic]) -> FlushFacts:
    counted = [one.hits_per_second for one in found if one.hits_per_second is not None]
    reads = sum(one.reads_per_second or 0 for one in found)
    if not counted:
        return FlushFacts()
    return FlushFacts(hits_per_second=sum(counted), hit_ratio=sum(counted) / reads if reads else None)


def keys_on(primary: Primary, scope: Scope) -> NodeKeys:
    node = NodeKeys(node_id=primary.node_id, name=primary.target.name)
    if not scope.l1 or not _may_have(primary, scope):
        return node
    try:
        return _sampled(primary, scope, node)
    except CacheError as problem:
        return node.model_copy(update={"problem": str(problem)})


def _may_have(primary: Primary, scope: Scope) -> bool:
    return scope.slot is None or any(part.first <= scope.slot <= part.last for part in primary.ranges)


def _sampled(primary: Primary, scope: Scope, node: NodeKeys) -> NodeKeys:
    """SCAN walks in the order of hashes, so that its first keys are a fair sample of all; so are those of one slot."""
    wanted = scope.wanted
    if scope.slot is not None:
        total, keys = in_slot(primary, scope.slot, LOOKED_AT)
        looked, found = len(keys), [key for key in keys if wanted.has(key)]
    else:
        total, looked, found = node_of(primary).size(), 0, []
        for keys in batches(primary, wanted.patterns[0], Event()):
            found += [key for key in keys if wanted.has(key)]
            looked += COUNT
            if LOOKED_AT <= looked < total:
                break
        else:
            looked = total
    whole = looked >= total
    measured = sizes(primary, found[:MEASURED])
    return node.model_copy(
        update={
            "total": total,
            "sampled": total if whole else looked,
            "keys": len(found) if whole else round(len(found) * total / looked),
            "mean_bytes": sum(measured) / len(measured) if measured else None,
        }
    )


def items_on(target: Target, scope: Scope) -> ServerItems:
    try:
        items = items_of(scope, Memcached(target, CRAWL_SECONDS).items())
    except CacheError as problem:
        return ServerItems(name=target.name, problem=str(problem))
    return ServerItems(name=target.name, items=len(items), bytes=sum(item.bytes for item in items))


def _each(asked: Sequence[Asked], ask: Callable[[Asked], Told]) -> tuple[Told, ...]:
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        return tuple(pool.map(ask, asked))
