"""The kinds of operations `fleet-restart` and `fleet-drain`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.fleetwide.facts import FleetFacts
from shards.fleetwide.gather import gather
from shards.fleetwide.parameters import DrainParameters, RestartParameters, Waves
from shards.fleetwide.plans import RESTART_KIND, SWITCHOVER_KIND, plan_drain, plan_restart
from shards.fleetwide.steps import STEPS

Parameters = TypeVar("Parameters", bound=Waves)


class _FleetWide(Kind[Parameters]):
    """One of them at a time; each shard is locked by its own operation."""

    risk: ClassVar[Risk] = Risk.HIGH
    right: ClassVar[Right] = Right.SWITCH_OVER
    child: ClassVar[str]

    def locks(self, parameters: Parameters) -> tuple[Lock, ...]:
        return (Lock("fleet-wide", "fleet"),)

    def gather(self, parameters: Parameters) -> FleetFacts:
        return gather(self.child)

    def steps(self) -> Mapping[str, Step]:
        return STEPS


class FleetRestart(_FleetWide[RestartParameters]):
    name: ClassVar[str] = "fleet-restart"
    title: ClassVar[str] = "Restart many shards"
    description: ClassVar[str] = (
        "Restarts PostgreSQL on shard after shard, a few at once, each with its replicas first and its leader last;"
        " stops at the first that does not come back as it was."
    )
    child: ClassVar[str] = RESTART_KIND
    parameters = RestartParameters

    def plan(self, parameters: RestartParameters, facts: Any, now: datetime) -> Plan:
        return plan_restart(parameters, facts)


class FleetDrain(_FleetWide[DrainParameters]):
    name: ClassVar[str] = "fleet-drain"
    title: ClassVar[str] = "Move leaders off servers"
    description: ClassVar[str] = (
        "Hands over the leadership of every shard that is led by one of some servers, or by one that runs an older"
        " PostgreSQL, a few at once: before those are upgraded or switched off."
    )
    child: ClassVar[str] = SWITCHOVER_KIND
    parameters = DrainParameters

    def plan(self, parameters: DrainParameters, facts: Any, now: datetime) -> Plan:
        return plan_drain(parameters, facts)
