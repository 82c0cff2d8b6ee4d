"""The kind of operation `switchover`: a chosen candidate becomes the leader of a shard."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.names import names_of
from shards.replication.switchover.choosing import candidates, shards
from shards.replication.switchover.facts import SwitchoverFacts
from shards.replication.switchover.gather import gather
from shards.replication.switchover.leaving_out import LeaveOut
from shards.replication.switchover.order import members
from shards.replication.switchover.plan import plan_switchover
from shards.replication.switchover.steps import STEPS


class SwitchoverParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard", description="The shard whose leader changes.")
    candidate: str = Field(title="Candidate", description="The member that becomes the leader.")
    leave_out: LeaveOut = ""


class Switchover(Kind[SwitchoverParameters]):
    name = "switchover"
    title = "Switch over a shard"
    description = (
        "Hands the leader's role to a chosen replica, planned and without loss: before maintenance of a server."
    )
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = SwitchoverParameters

    def locks(self, parameters: SwitchoverParameters) -> tuple[Lock, ...]:
        pools = [Lock("pool", pool.name) for pool in members("pgbouncer", parameters.shard)]
        return (Lock("shard", parameters.shard), *pools)

    def gather(self, parameters: SwitchoverParameters) -> SwitchoverFacts:
        return gather(parameters.shard, parameters.candidate, names_of(parameters.leave_out))

    def plan(self, parameters: SwitchoverParameters, facts: SwitchoverFacts, now: datetime) -> Plan:
        return plan_switchover(parameters.shard, parameters.candidate, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def inverse(self, parameters: SwitchoverParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """The leader of before leads again."""
        leader = plan.facts.get("leader")
        return (self.name, {"shard": parameters.shard, "candidate": leader}) if leader else None

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        seen = snapshot()
        return {"shard": shards(seen), "candidate": candidates(seen)}
