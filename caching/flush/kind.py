"""The operation kind `cache-flush`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from caching.flush import steps
from caching.flush.facts import FlushFacts
from caching.flush.gather import gather
from caching.flush.plan import DELETE, HIDE, UNLINK, VERIFY, FlushParameters, plan_flush
from caching.library.families import FAMILIES
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step


class CacheFlush(Kind[FlushParameters]):
    name: ClassVar[str] = "cache-flush"
    title: ClassVar[str] = "Flush a cache family"
    description: ClassVar[str] = (
        "Empties one family in both tiers, for instance after values were cached that are wrong. The database serves"
        " its reads until it is warm again."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = FlushParameters

    def locks(self, parameters: FlushParameters) -> tuple[Lock, ...]:
        return (Lock("cache-family", parameters.family),)

    def gather(self, parameters: FlushParameters) -> FlushFacts:
        return gather(FAMILIES[parameters.family])

    def plan(self, parameters: FlushParameters, facts: Any, now: datetime) -> Plan:
        return plan_flush(FAMILIES[parameters.family], facts)

    def steps(self) -> Mapping[str, Step]:
        return {
            HIDE: Step(run=steps.hide, timeout_seconds=20, attempts=8),
            UNLINK: Step(run=steps.unlink_keys, timeout_seconds=3600, attempts=10),
            DELETE: Step(run=steps.delete_items, timeout_seconds=600, attempts=3),
            VERIFY: Step(run=steps.verify, timeout_seconds=1800, attempts=5),
        }

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"family": [(one.name, f"{one.prefix} · {one.tier} · {one.meaning}") for one in FAMILIES.values()]}
