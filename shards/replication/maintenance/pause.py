"""The kinds `failover-pause` and `failover-resume`: Patroni leaves a shard alone for a while, with an owner."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import BlastRadius, Check, Kind, Lock, Plan, PlannedStep, Risk, Step
from novaops.ui.formats import moment
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.common_checks import answers, leader_runs, passed, warned
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.pause_models import FailoverPause, open_pause
from shards.replication.maintenance.pause_steps import PAUSE, PAUSE_STEPS, RESUME, RESUME_STEPS


class PauseParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    hours: float = Field(
        default=1.0,
        gt=0,
        le=24,
        title="Hours",
        description="24 at most; after that its owner is reminded until it is resumed.",
    )


class ResumeParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")


class PauseFacts(BaseModel):
    """`owner` and `until` of the pause that the console knows of; empty when it knows of none."""

    model_config = ConfigDict(frozen=True)

    cluster: ClusterFacts
    owner: str = ""
    until: datetime | None = None


def gather(shard: str) -> PauseFacts:
    kept: FailoverPause | None = open_pause(shard)
    until, owner = (kept.expires_at, kept.owner) if kept else (None, "")
    return PauseFacts(cluster=live.read(shard), owner=owner, until=until)


class FailoverPauseKind(Kind[PauseParameters]):
    name = "failover-pause"
    title = "Pause automatic failover"
    description = "Patroni leaves a shard as it is, for maintenance: a leader that fails is not replaced meanwhile."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = PauseParameters

    def locks(self, parameters: PauseParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: PauseParameters) -> PauseFacts:
        return gather(parameters.shard)

    def plan(self, parameters: PauseParameters, facts: PauseFacts, now: datetime) -> Plan:
        return plan_pause(parameters.hours, facts)

    def steps(self) -> Mapping[str, Step]:
        return PAUSE_STEPS

    def inverse(self, parameters: PauseParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return FailoverResume.name, {"shard": parameters.shard}

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards()}


class FailoverResume(Kind[ResumeParameters]):
    name = "failover-resume"
    title = "Resume automatic failover"
    description = "Patroni manages a shard again, whoever had paused it."
    risk = Risk.MEDIUM
    right = Right.SWITCH_OVER
    parameters = ResumeParameters

    def locks(self, parameters: ResumeParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: ResumeParameters) -> PauseFacts:
        return gather(parameters.shard)

    def plan(self, parameters: ResumeParameters, facts: PauseFacts, now: datetime) -> Plan:
        return plan_resume(facts)

    def steps(self) -> Mapping[str, Step]:
        return RESUME_STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards()}


def plan_pause(hours: float, facts: PauseFacts) -> Plan:
    shard, was = facts.cluster.shard, facts.cluster.cluster.paused
    arguments = {"shard": shard, "hours": hours, "was_paused": was}
    step = PlannedStep(
        key=PAUSE,
        title=f"Pause automatic failover of {shard} for {hours:g} h",
        consequence="A leader that fails is not replaced; slots and settings are not looked after. "
        "Nothing resumes it by itself: its owner is reminded.",
        arguments=arguments,
    )
    return Plan(
        summary=f"Automatic failover of {shard} is paused for {hours:g} h.",
        checks=tuple(_checks(facts)),
        blast=BlastRadius(summary=f"{shard} has no automatic failover meanwhile.", targets=(shard,)),
        steps=() if facts.cluster.problem else (step,),
        facts={"shard": shard, "cluster": facts.cluster.scope, "was_paused": was, "owner": facts.owner},
        confirm=f"{facts.cluster.scope} pause",
        expected_seconds=2.0 * facts.cluster.config.loop_wait,
    )


def plan_resume(facts: PauseFacts) -> Plan:
    shard, paused = facts.cluster.shard, facts.cluster.cluster.paused
    step = PlannedStep(
        key=RESUME,
        title=f"Resume automatic failover of {shard}",
        consequence="Patroni may elect, start and restart again, at once if something is wrong now.",
        arguments={"shard": shard},
    )
    needed = (paused or bool(facts.owner)) and not facts.cluster.problem
    return Plan(
        summary=f"Patroni manages {shard} again." if needed else f"Automatic failover of {shard} is not paused.",
        checks=tuple(_checks(facts)) if needed or facts.cluster.problem else (),
        blast=BlastRadius(summary=f"{shard} has automatic failover again.", targets=(shard,)),
        steps=(step,) if needed else (),
        facts={"shard": shard, "cluster": facts.cluster.scope, "paused": paused, "owner": facts.owner},
        expected_seconds=2.0 * facts.cluster.config.loop_wait,
    )


def _checks(facts: PauseFacts) -> Iterable[Check]:
    cluster = facts.cluster
    yield answers(cluster)
    if cluster.problem:
        return
    if cluster.healthy_leader is None:
        reason = leader_runs(cluster).reason
        yield warned("Leader", f"{reason} While it is paused Patroni elects none.")
    if not cluster.cluster.paused:
        yield passed("Paused now", f"Patroni manages {cluster.scope}.")
    elif facts.owner and facts.until:
        yield warned("Paused now", f"{facts.owner} paused it, until {moment(facts.until)}.")
    else:
        yield warned("Paused now", f"{cluster.scope} was paused outside the console: nobody here asked for it.")
