"""The operation kind `cache-warm`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from caching.library.families import FAMILIES
from caching.warm.facts import WarmFacts
from caching.warm.filling import WARMABLE
from caching.warm.gather import gather
from caching.warm.plan import WarmParameters, plan_warm
from caching.warm.steps import STEPS
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step


class CacheWarm(Kind[WarmParameters]):
    name: ClassVar[str] = "cache-warm"
    title: ClassVar[str] = "Warm the caches"
    description: ClassVar[str] = (
        "Loads a tenant or a family from the database into both tiers, at a limited rate: after a flush, or before many"
        " people come."
    )
    risk: ClassVar[Risk] = Risk.LOW
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = WarmParameters

    def locks(self, parameters: WarmParameters) -> tuple[Lock, ...]:
        """Whoever flushes the same waits, as one would undo the other."""
        if parameters.scope == "tenant":
            return (Lock("cache-tenant", parameters.tenant),)
        return (Lock("cache-family", parameters.family or ""),)

    def gather(self, parameters: WarmParameters) -> WarmFacts:
        return gather(parameters)

    def plan(self, parameters: WarmParameters, facts: Any, now: datetime) -> Plan:
        return plan_warm(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"family": [(name, f"{name}: · {FAMILIES[name].tier} · {FAMILIES[name].meaning}") for name in WARMABLE]}
