"""The operation kinds `cache-flush` and `cache-hide`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from caching.facts import RedisFacts
from caching.flush.facts import FlushFacts
from caching.flush.gather import gather
from caching.flush.hide_plan import plan_hide
from caching.flush.hiding import hide
from caching.flush.parameters import FlushParameters, HideParameters
from caching.flush.plan import HIDE, plan_flush
from caching.flush.scope import Scope, scope_of
from caching.flush.steps import STEPS
from caching.library.families import FAMILIES
from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step

SCOPES = [
    ("family", "A family"),
    ("prefix", "Keys with a prefix"),
    ("pattern", "Keys like a pattern"),
    ("tenant", "A tenant"),
    ("vm", "A VM"),
    ("node", "A node"),
    ("tier", "A tier"),
]


class CacheFlush(Kind[FlushParameters]):
    name: ClassVar[str] = "cache-flush"
    title: ClassVar[str] = "Flush what is cached"
    description: ClassVar[str] = (
        "Removes a family, a tenant, a VM, or all keys of a prefix or pattern from both tiers, for instance after"
        " values were cached that are wrong. The database serves these reads until they are cached again."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = FlushParameters

    def locks(self, parameters: FlushParameters) -> tuple[Lock, ...]:
        return locks_of(scope_of(parameters))

    def gather(self, parameters: FlushParameters) -> FlushFacts:
        return gather(scope_of(parameters))

    def plan(self, parameters: FlushParameters, facts: Any, now: datetime) -> Plan:
        return plan_flush(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"scope": SCOPES, "family": families(), "node": nodes()}


class CacheHide(Kind[HideParameters]):
    name: ClassVar[str] = "cache-hide"
    title: ClassVar[str] = "Make cached entries invisible"
    description: ClassVar[str] = (
        "Hides all that is cached of a tenant, a VM or a family, in both tiers and in a few milliseconds. Its memory"
        " comes back later, as entries expire or are evicted; a flush gives it back sooner."
    )
    risk: ClassVar[Risk] = Risk.LOW
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = HideParameters

    def locks(self, parameters: HideParameters) -> tuple[Lock, ...]:
        return locks_of(scope_of(parameters))

    def gather(self, parameters: HideParameters) -> FlushFacts:
        return gather(scope_of(parameters))

    def plan(self, parameters: HideParameters, facts: Any, now: datetime) -> Plan:
        return plan_hide(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return {HIDE: Step(run=hide, timeout_seconds=20, attempts=8)}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"scope": [one for one in SCOPES if one[0] in ("tenant", "vm", "family")], "family": families()}


def locks_of(scope: Scope) -> tuple[Lock, ...]:
    """A tenant's entries, a node's, or whole families': two that touch the same family wait for each other."""
    if scope.tenant:
        return (Lock("cache-tenant", scope.tenant),)
    if scope.node:
        return (Lock("cache-node", scope.node),)
    return tuple(Lock("cache-family", name) for name in scope.families) or (Lock("cache-keys", scope.words),)


def families() -> list[tuple[str, str]]:
    return [(one.name, f"{one.prefix} · {one.tier} · {one.meaning}") for one in FAMILIES.values()]


def nodes() -> list[tuple[str, str]]:
    """What leads slots, by what is stored, and every Memcached."""
    leading = {one.server.name for one, facts in snapshot().facts(RedisFacts) if facts.leads and facts.slots}
    found = [(one.name, f"{one.name} · L1") for one in targets(ServerKind.REDIS) if one.name in leading]
    return found + [(one.name, f"{one.name} · L2") for one in targets(ServerKind.MEMCACHED)]
