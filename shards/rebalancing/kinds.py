"""The operation kinds `rebalance`, `shard-drain` and `shard-fill`: each makes many moves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from novaops.fleets.rights import Right
from novaops.inventory import selectors as inventory
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.rebalancing.kind_facts import RebalanceFacts
from shards.rebalancing.kind_gather import gather
from shards.rebalancing.kind_plan import plan_drain, plan_fill, plan_rebalance
from shards.rebalancing.kind_steps import STEPS
from shards.rebalancing.parameters import Draining, Filling, Measure, Options

ONE_AT_A_TIME = Lock("rebalance", "fleet")
Choices = Mapping[str, list[tuple[str, str]]]
MEASURES = [(measure.value, measure.label) for measure in Measure]


class Rebalancing(Kind[Options]):
    name = "rebalance"
    title = "Rebalance the fleet"
    description = "Moves those tenants that keep shards from carrying their share, a few at once, and measures again."
    risk = Risk.HIGH
    right = Right.CHANGE_PLACEMENT
    parameters = Options

    def locks(self, parameters: Options) -> tuple[Lock, ...]:
        return (ONE_AT_A_TIME,)

    def gather(self, parameters: Options) -> RebalanceFacts:
        return gather()

    def plan(self, parameters: Options, facts: Any, now: datetime) -> Plan:
        return plan_rebalance(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Choices:
        return {"measure": MEASURES}


class ShardDrain(Kind[Draining]):
    name = "shard-drain"
    title = "Empty a shard"
    description = "Closes a shard to new tenants, moves all of its tenants elsewhere, and takes it offline."
    risk = Risk.HIGH
    right = Right.CHANGE_PLACEMENT
    parameters = Draining

    def locks(self, parameters: Draining) -> tuple[Lock, ...]:
        return (ONE_AT_A_TIME, Lock("shard-state", parameters.shard))

    def gather(self, parameters: Draining) -> RebalanceFacts:
        return gather(parameters.shard)

    def plan(self, parameters: Draining, facts: Any, now: datetime) -> Plan:
        return plan_drain(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Choices:
        return {"shard": _shards(), "measure": MEASURES}


class ShardFill(Kind[Filling]):
    name = "shard-fill"
    title = "Fill a new shard"
    description = "Brings its data plane to the newest version, opens it, and moves its share of the tenants there."
    risk = Risk.HIGH
    right = Right.CHANGE_PLACEMENT
    parameters = Filling

    def locks(self, parameters: Filling) -> tuple[Lock, ...]:
        return (ONE_AT_A_TIME, Lock("shard-state", parameters.shard))

    def gather(self, parameters: Filling) -> RebalanceFacts:
        return gather(parameters.shard, data_plane=True)

    def plan(self, parameters: Filling, facts: Any, now: datetime) -> Plan:
        return plan_fill(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Choices:
        return {"shard": _shards(), "measure": MEASURES}


def _shards() -> list[tuple[str, str]]:
    return [(shard.name, f"{shard.name} ({shard.state})") for shard in inventory.shards()]
