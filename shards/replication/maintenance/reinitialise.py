"""The kind `member-reinitialise`: a replica's data is thrown away and copied anew."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from novaops.fleets.rights import Right
from novaops.operations.contract import BlastRadius, Check, Kind, Lock, Plan, PlannedStep, Risk, Step
from shards.replication.maintenance import choosing, live
from shards.replication.maintenance.common_checks import answers, failed, is_member, leader_runs, passed, warned
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.reinitialise_steps import COPY, STEPS


class ReinitialiseParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard")
    member: str = Field(title="Member", description="The replica that is built anew; never the leader.")


class MemberReinitialise(Kind[ReinitialiseParameters]):
    name = "member-reinitialise"
    title = "Reinitialise a member"
    description = "Throws a replica's data away and copies it anew from the cluster: when it cannot follow any more."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = ReinitialiseParameters

    def locks(self, parameters: ReinitialiseParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: ReinitialiseParameters) -> ClusterFacts:
        return live.read(parameters.shard)

    def plan(self, parameters: ReinitialiseParameters, facts: ClusterFacts, now: datetime) -> Plan:
        return plan_reinitialise(parameters.member, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards(), "member": choosing.members(leaders=False)}


def plan_reinitialise(member: str, facts: ClusterFacts) -> Plan:
    started = facts.word(member).status.started_at
    step = PlannedStep(
        key=COPY,
        title=f"Copy {member} anew and wait until it streams",
        consequence=f"Its data directory is replaced; {facts.scope} has one replica less until it follows.",
        arguments={"shard": facts.shard, "member": member, "started_at": started.isoformat() if started else ""},
    )
    return Plan(
        summary=f"{member} is built anew from {facts.leader.name if facts.leader else 'its leader'}.",
        checks=tuple(_checks(facts, member)),
        blast=BlastRadius(summary=f"Reads from {member} fail until it follows; the leader sends it all its data.",
                          targets=(member,)),
        steps=(step,),
        facts={"shard": facts.shard, "cluster": facts.scope, "member": member,
               "leader": facts.leader.name if facts.leader else "", "started_at": step.arguments["started_at"]},
        confirm=f"{facts.scope} {member} reinitialise",
        point_of_no_return=COPY,
    )  # fmt: skip


def _checks(facts: ClusterFacts, member: str) -> Iterable[Check]:
    yield answers(facts)
    if facts.problem:
        return
    yield is_member(facts, member)
    yield leader_runs(facts)
    if facts.leader and facts.leader.name == member:
        yield failed("Not the leader", f"{member} leads {facts.scope}: its data is what the others are copied from.")
        return
    yield passed("Not the leader", f"{member} does not lead.")
    yield _standby(facts, member)


def _standby(facts: ClusterFacts, member: str) -> Check:
    """Patroni would name another one only after the data is gone."""
    found = facts.cluster.member(member)
    if found is None or not found.synchronous:
        return passed("Synchronous", f"{member} is no synchronous standby.")
    others = [one for one in facts.cluster.members if one.synchronous and one.name != member]
    if not others:
        return failed("Synchronous", f"{member} is the only synchronous standby: let Patroni name another one first.")
    return warned("Synchronous", f"{member} is a synchronous standby; {others[0].name} is one too.")
