"""The kind `shard-restart`: one member after the other, the leader last and only after it has handed over."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import BlastRadius, Check, Kind, Lock, Plan, PlannedStep, Risk, Step
from shards.clients.patroni_replies import Member
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.common_checks import answers, failed, leader_runs, manages, passed
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.restart import reasons
from shards.replication.maintenance.rolling_steps import HAND_OVER, MEMBER, STEPS
from shards.replication.standby_cluster import refusal
from shards.replication.switchover.facts import must_not_lead
from shards.replication.switchover.leaving_out import LeaveOut

WRITE_PAUSE_MS = 2000
SECONDS_EACH = 20.0


class RollingParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    only_pending: bool = Field(default=True, title="Only members whose settings wait for it")
    leave_out: LeaveOut = ""


class ShardRestart(Kind[RollingParameters]):
    name = "shard-restart"
    title = "Restart a shard"
    description = "Restarts the members one by one, each back and in step before the next; the leader hands over first."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = RollingParameters

    def locks(self, parameters: RollingParameters) -> tuple[Lock, ...]:
        """The shard itself is held by each part while it runs."""
        return (Lock("shard-restart", parameters.shard),)

    def gather(self, parameters: RollingParameters) -> ClusterFacts:
        return live.read(parameters.shard)

    def plan(self, parameters: RollingParameters, facts: ClusterFacts, now: datetime) -> Plan:
        return plan_rolling(facts, only_pending=parameters.only_pending, leave_out=parameters.leave_out)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards()}


def plan_rolling(facts: ClusterFacts, *, only_pending: bool, leave_out: str = "") -> Plan:
    wanted = [one for one in facts.cluster.members if not only_pending or _pending(facts, one)]
    replicas = sorted((one for one in wanted if not one.leads), key=lambda one: (one.synchronous, one.name))
    leader = next((one for one in wanted if one.leads), None)
    names = [one.name for one in (*replicas, *([leader] if leader else []))]
    return Plan(
        summary=f"{', '.join(names)} of {facts.shard} restart, one after the other." if names
        else f"No member of {facts.shard} waits for a restart.",
        checks=tuple(_checks(facts, leader)) if names or facts.problem else (),
        blast=BlastRadius(
            summary="Reads from each member fail while it starts" + ("; writes pause once, when the leader hands over."
            if leader else "; writes go on."),
            targets=tuple(names),
            write_pause_ms=WRITE_PAUSE_MS if leader else None,
        ),
        steps=tuple(_steps(facts, replicas, leader, only_pending, leave_out)),
        facts={"shard": facts.shard, "cluster": facts.scope, "leader": facts.leader.name if facts.leader else "",
               "members": names, "started_at": {name: _started(facts, name) for name in names}},
        confirm=f"{facts.scope} restart",
        expected_seconds=SECONDS_EACH * (len(names) + bool(leader)),
    )  # fmt: skip


def _pending(facts: ClusterFacts, member: Member) -> bool:
    return member.pending_restart or facts.word(member.name).status.pending_restart


def _started(facts: ClusterFacts, name: str) -> str:
    started = facts.word(name).status.started_at
    return started.isoformat() if started else ""


def _checks(facts: ClusterFacts, leader: Member | None) -> Iterable[Check]:
    yield answers(facts)
    if facts.problem:
        return
    yield leader_runs(facts)
    yield manages(facts)
    yield _all_follow(facts)
    if leader:
        yield refusal(facts.scope, facts.config) or _successor(facts, leader)


def _all_follow(facts: ClusterFacts) -> Check:
    """A rolling restart that begins with a member missing would end without one that could lead."""
    sick = [one.name for one in facts.cluster.members if not one.healthy or not facts.word(one.name).answered]
    if sick:
        verb = "does not run or answer" if len(sick) == 1 else "do not run or answer"
        return failed("All members run", f"{', '.join(sick)} {verb}: bring them back first.")
    return passed("All members run", f"All {len(facts.cluster.members)} members run.")


def _successor(facts: ClusterFacts, leader: Member) -> Check:
    able = [one.name for one in facts.cluster.members if not one.leads and not must_not_lead(one.tags)]
    if not able:
        return failed("Somebody else leads", f"Nobody can take over from {leader.name}: restart it by itself.")
    return passed("Somebody else leads", f"{leader.name} hands over to one of {', '.join(able)}, and follows then.")


def _steps(
    facts: ClusterFacts, replicas: list[Member], leader: Member | None, only_pending: bool, leave_out: str
) -> Iterable[PlannedStep]:
    for one in replicas:
        yield _restart(facts, one.name, only_pending, "The next one waits until it is back and in step.")
    if leader:
        yield PlannedStep(
            key=HAND_OVER,
            title=f"Switch over from {leader.name}",
            consequence="A synchronous standby leads; writes pause for about 2 s. The former leader restarts with it.",
            arguments={"shard": facts.shard, "leader": leader.name, "leave_out": leave_out},
        )
        yield _restart(facts, leader.name, only_pending, "Nothing, where handing over has restarted it.")


def _restart(facts: ClusterFacts, name: str, only_pending: bool, consequence: str) -> PlannedStep:
    arguments = {
        "shard": facts.shard,
        "member": name,
        "only_pending": only_pending,
        "started_at": _started(facts, name),
    }
    title = f"Restart {name}{reasons(facts, name)}"
    return PlannedStep(key=MEMBER, title=title, consequence=consequence, arguments=arguments)
