"""The kinds `failover` and `failover-forced`: a chosen member leads, whether or not anybody hands over."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import BlastRadius, Kind, Lock, Plan, PlannedStep, Risk, Step
from novaops.ui.formats import human_bytes
from shards.placement.selectors import loads
from shards.pools.facts import PgBouncerFacts
from shards.replication.maintenance import choosing
from shards.replication.maintenance.failover_checks import FORCED, checks, timeline
from shards.replication.maintenance.failover_facts import FailoverFacts, gather
from shards.replication.maintenance.failover_steps import FAIL_OVER, SETTLE, STEPS


class FailoverParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard", description="The shard that has no leader.")
    candidate: str = Field(title="Candidate", description="The member that becomes the leader.")


class Failover(Kind[FailoverParameters]):
    name = "failover"
    title = "Fail over a shard"
    description = "Makes a chosen member the leader where there is none and Patroni elects nobody by itself."
    risk = Risk.HIGH
    right = Right.SWITCH_OVER
    parameters = FailoverParameters
    forced = False

    def locks(self, parameters: FailoverParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: FailoverParameters) -> FailoverFacts:
        return gather(parameters.shard)

    def plan(self, parameters: FailoverParameters, facts: FailoverFacts, now: datetime) -> Plan:
        return plan_failover(parameters.candidate, facts, forced=self.forced)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        return {"shard": choosing.shards(), "candidate": choosing.members(leaders=False)}


class ForcedParameters(FailoverParameters):
    shard: str = Field(title="Shard", description="The shard whose leader must not lead any more.")


class FailoverForced(Failover):
    name = "failover-forced"
    title = FORCED
    description = "Takes the role from a leader that answers but must not lead any more; commits may be lost."
    risk = Risk.BREAK_GLASS
    parameters = ForcedParameters
    forced = True


def plan_failover(candidate: str, facts: FailoverFacts, *, forced: bool) -> Plan:
    cluster = facts.cluster
    leader = cluster.healthy_leader
    already = leader is not None and leader.name == candidate
    steps = () if already or cluster.problem else _steps(candidate, facts, forced)
    return Plan(
        summary=f"{candidate} leads {cluster.shard} already." if already else f"{candidate} is made the leader of "
        f"{cluster.shard}{', although ' + leader.name + ' leads and is healthy' if leader else ''}.",
        checks=() if already else tuple(checks(facts, candidate, forced=forced)),
        blast=_blast(candidate, facts),
        steps=steps,
        facts={
            "shard": cluster.shard,
            "cluster": cluster.scope,
            "healthy_leader": leader.name if leader else "",
            "candidate": candidate,
            "candidate_timeline": cluster.word(candidate).status.timeline,
            "synchronous_mode": cluster.config.synchronous_mode,
        },
        confirm=f"{cluster.scope} {candidate} failover",
        point_of_no_return=FAIL_OVER if steps else "",
        expected_seconds=cluster.config.ttl + 2.0 * cluster.config.loop_wait,
    )  # fmt: skip


def _blast(candidate: str, facts: FailoverFacts) -> BlastRadius:
    lacks = facts.lacks(candidate)
    risk = "an unknown amount of" if lacks is None else f"up to {human_bytes(lacks)} of"
    shard, leader = facts.cluster.shard, facts.cluster.leader
    placed, clients = loads().get(shard), [found.clients for _, found in snapshot().facts(PgBouncerFacts, shard)]
    return BlastRadius(
        summary=f"Writes to {shard} fail until {candidate} leads; {risk} what was written last is lost.",
        targets=tuple(name for name in (leader.name if leader else "", candidate) if name),
        tenants=placed.tenants if placed else 0,
        bytes=lacks,
        connections=sum(clients) if clients else None,
    )


def _steps(candidate: str, facts: FailoverFacts, forced: bool) -> tuple[PlannedStep, ...]:
    cluster = facts.cluster
    arguments = {
        "shard": cluster.shard,
        "candidate": candidate,
        "former": cluster.healthy_leader.name if cluster.healthy_leader else "",
        "timeline": timeline(facts),
        "forced": forced,
        "patience_seconds": cluster.config.ttl + 4 * cluster.config.loop_wait + 20,
    }
    return (
        PlannedStep(
            key=FAIL_OVER,
            title=f"Fail over to {candidate}",
            consequence=f"{candidate} is promoted on a new timeline; what it lacks is lost, and cannot be taken back.",
            arguments=arguments,
        ),
        PlannedStep(
            key=SETTLE,
            title=f"Wait until the pools answer from {candidate}",
            consequence="Writes go on. A former leader that comes back is rewound and follows.",
            arguments=arguments,
        ),
    )
