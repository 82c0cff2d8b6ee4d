"""The kind `member-restart`: PostgreSQL of one member is restarted by its Patroni."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import (
    BlastRadius,
    Check,
    CheckOutcome,
    Kind,
    Lock,
    Plan,
    PlannedStep,
    Risk,
    Step,
    unit,
)
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.common_checks import answers, is_member, manages, passed, redundancy, warned
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.restart_steps import AWAIT, RESTART, STEPS

WRITE_PAUSE_MS = 5000
ONLY_PENDING = "Only if settings wait for it"


class RestartParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    member: str = Field(title="Member", description="Whose PostgreSQL is restarted.")
    only_pending: bool = Field(default=True, title=ONLY_PENDING)
    timeout: int = Field(
        default=0,
        ge=0,
        le=3600,
        title="Time to start",
        description="If it leads and takes longer, Patroni fails over; 0 is Patroni's own setting.",
        json_schema_extra=unit("s"),
    )


class MemberRestart(Kind[RestartParameters]):
    name = "member-restart"
    title = "Restart a member"
    description = "Restarts PostgreSQL of one member and waits until it streams again and is in step."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = RestartParameters

    def locks(self, parameters: RestartParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: RestartParameters) -> ClusterFacts:
        return live.read(parameters.shard)

    def plan(self, parameters: RestartParameters, facts: ClusterFacts, now: datetime) -> Plan:
        return plan_restart(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards(), "member": choosing.members()}


def plan_restart(parameters: RestartParameters, facts: ClusterFacts) -> Plan:
    name, status = parameters.member, facts.word(parameters.member).status
    idle = parameters.only_pending and facts.word(name).answered and not status.pending_restart
    leads = facts.leader is not None and facts.leader.name == name
    arguments = {
        **parameters.model_dump(),
        "leads": leads,
        "started_at": status.started_at.isoformat() if status.started_at else "",
    }
    why = reasons(facts, name)
    return Plan(
        summary=_idle(name) if idle else f"PostgreSQL of {name} is restarted{why}.",
        checks=tuple(_checks(facts, name, leads)),
        blast=BlastRadius(
            summary="Writes wait or fail while it starts." if leads else f"Reads from {name} fail while it starts.",
            targets=(name,),
            connections=None,
            write_pause_ms=WRITE_PAUSE_MS if leads else None,
        ),
        steps=() if idle else _steps(name, leads, arguments),
        facts={"shard": facts.shard, "cluster": facts.scope, "leads": leads, "pending": status.pending_restart,
               "started_at": arguments["started_at"]},
        confirm=f"{facts.scope} {name} restart" if leads else "",
        point_of_no_return="" if idle else RESTART,
        expected_seconds=15.0,
    )  # fmt: skip


def _idle(name: str) -> str:
    return f"No setting of {name} waits for a restart; without “{ONLY_PENDING}” it restarts all the same."


def reasons(facts: ClusterFacts, member: str) -> str:
    """Which settings wait, where Patroni names them (4.x)."""
    waiting = facts.word(member).status.pending_restart_reason
    return f", for {', '.join(sorted(waiting))}" if waiting else ""


def _checks(facts: ClusterFacts, name: str, leads: bool) -> Iterable[Check]:
    yield answers(facts)
    if facts.problem:
        return
    known = is_member(facts, name)
    yield known
    if known.outcome is CheckOutcome.FAILED:
        return
    yield manages(facts)
    if leads:
        hint = "shard-restart hands over first; here writes wait until it is back"
        yield warned("Leader", f"{name} leads {facts.scope}: {hint}.")
    else:
        yield passed("Leader", f"{name} is a replica; it is not restarted if it leads meanwhile.")
        yield redundancy(facts, name)


def _steps(name: str, leads: bool, arguments: dict[str, object]) -> tuple[PlannedStep, ...]:
    gone = "Writes pause; every connection to it ends." if leads else "Every connection to it ends."
    return (
        PlannedStep(key=RESTART, title=f"Restart PostgreSQL of {name}", consequence=gone, arguments=arguments),
        PlannedStep(
            key=AWAIT,
            title=f"Wait until {name} is back and in step",
            consequence="Redundancy is as before.",
            arguments=arguments,
        ),
    )
