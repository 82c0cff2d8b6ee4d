"""The kinds `switchover-schedule` and `switchover-unschedule`: Patroni's own list of one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.replication.switchover.choosing import candidates, shards
from shards.replication.switchover.facts import SwitchoverFacts
from shards.replication.switchover.gather import gather
from shards.replication.switchover.scheduling import (
    SCHEDULING,
    UNSCHEDULING,
    appointment_of,
    plan_schedule,
    plan_unschedule,
)


class ScheduleParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard", description="The shard whose leader changes.")
    candidate: str = Field(title="Candidate", description="The member that becomes the leader.")
    at: datetime = Field(
        title="At", description="Such as 2027-01-31 03:00, in UTC, or with a zone as in 2027-01-31T03:00+01:00."
    )

    @field_validator("at")
    @classmethod
    def _with_a_zone(cls, at: datetime) -> datetime:
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class UnscheduleParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard", description="The shard whose leader stays.")


class SwitchoverSchedule(Kind[ScheduleParameters]):
    name = "switchover-schedule"
    title = "Schedule a switchover with Patroni"
    description = (
        "Patroni switches over by itself at a time, also when the console does not run then; it does not pause pools."
    )
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = ScheduleParameters

    def locks(self, parameters: ScheduleParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: ScheduleParameters) -> SwitchoverFacts:
        return gather(parameters.shard, parameters.candidate)

    def plan(self, parameters: ScheduleParameters, facts: SwitchoverFacts, now: datetime) -> Plan:
        return plan_schedule(parameters.shard, parameters.candidate, parameters.at, facts, now)

    def steps(self) -> Mapping[str, Step]:
        return SCHEDULING

    def inverse(self, parameters: ScheduleParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return SwitchoverUnschedule.name, {"shard": parameters.shard}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        seen = snapshot()
        return {"shard": shards(seen), "candidate": candidates(seen)}


class SwitchoverUnschedule(Kind[UnscheduleParameters]):
    name = "switchover-unschedule"
    title = "Take a scheduled switchover off"
    description = "Patroni forgets the switchover that it was to carry out by itself at a time."
    risk = Risk.MEDIUM
    right = Right.SWITCH_OVER
    parameters = UnscheduleParameters

    def locks(self, parameters: UnscheduleParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: UnscheduleParameters) -> SwitchoverFacts:
        return gather(parameters.shard, "")

    def plan(self, parameters: UnscheduleParameters, facts: SwitchoverFacts, now: datetime) -> Plan:
        return plan_unschedule(parameters.shard, facts)

    def steps(self) -> Mapping[str, Step]:
        return UNSCHEDULING

    def inverse(self, parameters: UnscheduleParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        again = appointment_of(plan)
        return (SwitchoverSchedule.name, again) if again else None

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": shards(snapshot())}
