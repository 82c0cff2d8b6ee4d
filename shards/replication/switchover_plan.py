"""The plan of a switchover: pure, from what Patroni told."""

from novaops.operations.contract import BlastRadius, Plan, PlannedStep
from shards.replication.switchover_checks import checks
from shards.replication.switchover_facts import SwitchoverFacts

CHECKPOINT, SWITCH, SETTLE = "checkpoint", "switch-over", "settle"
WRITE_PAUSE_MS = 2000
EXPECTED_SECONDS = 25.0


def plan_switchover(shard: str, candidate: str, facts: SwitchoverFacts) -> Plan:
    """Three steps, or none when the candidate leads already or the cluster cannot be read."""
    leader = facts.leader.name if facts.leader else ""
    already = leader == candidate and bool(leader)
    possible = bool(leader) and not already
    return Plan(
        summary=_summary(shard, candidate, leader, already),
        checks=checks(facts, candidate),
        blast=_blast(shard, candidate, leader, facts),
        steps=_steps(shard, candidate, facts) if possible else (),
        facts=_stable(shard, candidate, facts),
        confirm=f"{facts.scope} {candidate} leader",
        point_of_no_return=SWITCH if possible else "",
        expected_seconds=EXPECTED_SECONDS if possible else None,
    )


def _summary(shard: str, candidate: str, leader: str, already: bool) -> str:
    if already:
        return f"{candidate} leads {shard} already."
    if not leader:
        return f"{shard} has no leader that could hand over to {candidate}."
    return f"{candidate} becomes the leader of {shard}; {leader} follows it."


def _blast(shard: str, candidate: str, leader: str, facts: SwitchoverFacts) -> BlastRadius:
    return BlastRadius(
        summary=f"Writes to {shard} wait or fail while the leader changes; reads from its replicas go on.",
        targets=tuple(name for name in (leader, candidate) if name),
        tenants=facts.tenants,
        connections=facts.connections,
        write_pause_ms=WRITE_PAUSE_MS,
    )


def _steps(shard: str, candidate: str, facts: SwitchoverFacts) -> tuple[PlannedStep, ...]:
    leader = facts.leader
    assert leader is not None
    arguments = {
        "shard": shard,
        "cluster": facts.scope,
        "leader": leader.name,
        "candidate": candidate,
        "timeline": leader.timeline,
        "synchronous_mode": facts.synchronous_mode,
        "patience_seconds": 2 * facts.config.loop_wait + 10,
    }
    return (
        PlannedStep(
            key=CHECKPOINT,
            title=f"Checkpoint on {leader.name}",
            consequence="The shutdown that follows has little left to write. Nothing waits for it.",
            arguments=arguments,
        ),
        PlannedStep(
            key=SWITCH,
            title=f"Switch over to {candidate}",
            consequence=f"{leader.name} stops as leader, {candidate} is promoted; writes pause for about 2 s.",
            arguments=arguments,
        ),
        PlannedStep(
            key=SETTLE,
            title=f"Wait until {leader.name} follows and the pools answer from {candidate}",
            consequence="Redundancy is back: a synchronous standby streams again.",
            arguments=arguments,
        ),
    )


def _stable(shard: str, candidate: str, facts: SwitchoverFacts) -> dict[str, object]:
    """What must still be so when it is executed; lag, tenants and connections may change."""
    member = facts.cluster.member(candidate)
    leader = facts.leader
    return {
        "shard": shard,
        "cluster": facts.scope,
        "leader": leader.name if leader else "",
        "timeline": leader.timeline if leader else None,
        "candidate": candidate,
        "candidate_role": member.role.value if member else "",
        "candidate_timeline": member.timeline if member else None,
        "synchronous_mode": facts.synchronous_mode,
        "paused": facts.cluster.paused,
    }
