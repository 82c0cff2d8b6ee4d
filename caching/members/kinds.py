"""The operation kinds `memcached-out` and `memcached-in`: each takes the other back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from caching.members.facts import MembersFacts
from caching.members.gather import gather
from caching.members.plan import MemberParameters, plan_in, plan_out
from caching.members.steps import STEPS
from novaops.fleets.rights import Right
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step


class _Member(Kind[MemberParameters]):
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = MemberParameters
    opposite: ClassVar[str]
    out: ClassVar[bool]

    def locks(self, parameters: MemberParameters) -> tuple[Lock, ...]:
        """One at a time, so that not all can be taken out at one moment."""
        return (Lock("memcached", "L2"), Lock("cache-node", parameters.server))

    def gather(self, parameters: MemberParameters) -> MembersFacts:
        return gather()

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def inverse(self, parameters: MemberParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return (self.opposite, {"server": parameters.server})

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"server": [(one.name, one.name) for one in targets(ServerKind.MEMCACHED) if one.out is not self.out]}


class MemcachedOut(_Member):
    name: ClassVar[str] = "memcached-out"
    title: ClassVar[str] = "Leave a Memcached server out"
    description: ClassVar[str] = "Applications use the others instead, within a second: before maintenance of a server."
    risk: ClassVar[Risk] = Risk.MEDIUM
    opposite: ClassVar[str] = "memcached-in"
    out: ClassVar[bool] = True

    def plan(self, parameters: MemberParameters, facts: Any, now: datetime) -> Plan:
        return plan_out(parameters, facts)


class MemcachedIn(_Member):
    name: ClassVar[str] = "memcached-in"
    title: ClassVar[str] = "Use a Memcached server again"
    description: ClassVar[str] = "Takes back a server that was left out, empty."
    risk: ClassVar[Risk] = Risk.LOW
    opposite: ClassVar[str] = "memcached-out"
    out: ClassVar[bool] = False

    def plan(self, parameters: MemberParameters, facts: Any, now: datetime) -> Plan:
        return plan_in(parameters, facts)
