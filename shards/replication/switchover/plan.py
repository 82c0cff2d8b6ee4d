"""The plan of a switchover: pure, from what Patroni told."""

from novaops.operations.contract import BlastRadius, Plan, PlannedStep
from shards.replication.switchover.checks import checks
from shards.replication.switchover.facts import SwitchoverFacts

CHECKPOINT, SWITCH, SETTLE = "checkpoint", "switch-over", "settle"
# Where nothing was measured yet. The longer one: clients that are refused, where no pool is there to pause.
PAUSE_MS, WITHOUT_POOL_MS = 1600, 3000
PAUSE_SECONDS = 20.0
# A pause must end well before PgBouncer refuses those who wait.
SHARE_OF_WAIT = 0.6
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
        summary=_what_happens(shard, facts),
        targets=tuple(name for name in (leader, candidate) if name),
        tenants=facts.tenants,
        connections=facts.connections,
        write_pause_ms=expected_ms(facts),
    )


def expected_ms(facts: SwitchoverFacts) -> int:
    """The median of the last pauses that were measured here, before that what was measured elsewhere."""
    if not facts.pauses:
        return facts.usual_refusal_ms or WITHOUT_POOL_MS
    return facts.usual_pause_ms or PAUSE_MS


def pause_seconds(facts: SwitchoverFacts) -> float:
    """After how long a guard resumes the pools, whatever the switchover has come to."""
    limits = [SHARE_OF_WAIT * pool.wait_seconds for pool in facts.pools if pool.taken_part and pool.wait_seconds]
    return round(min([PAUSE_SECONDS, *limits]), 1)


def _what_happens(shard: str, facts: SwitchoverFacts) -> str:
    reads = "reads from its replicas go on."
    if facts.pauses:
        return f"Clients of {shard} behind {_paused_pools(facts)} wait while the leader changes; {reads}"
    return f"Writes to {shard} fail while the leader changes, and its clients lose their connections; {reads}"


def _paused_pools(facts: SwitchoverFacts) -> str:
    return " and ".join(dict.fromkeys(pool for pool, _ in facts.pauses))


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
        "pauses": [{"pool": pool, "database": database} for pool, database in facts.pauses],
        "kept_slots": list(facts.kept_slots),
        "pause_seconds": pause_seconds(facts) if facts.pauses else 0.0,
        "pools": [pool.name for pool in facts.pools if pool.taken_part],
        "address": facts.address is not None and not facts.address.left_out,
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
            title=_switch_title(candidate, facts),
            consequence=f"{leader.name} stops as leader, {candidate} is promoted. {_wait_words(facts)}",
            arguments=arguments,
        ),
        PlannedStep(
            key=SETTLE,
            title=_settle_title(leader.name, candidate, facts),
            consequence="Redundancy is back: a synchronous standby streams again.",
            arguments=arguments,
        ),
    )


def _switch_title(candidate: str, facts: SwitchoverFacts) -> str:
    names = sorted({pool for pool, _ in facts.pauses})
    return f"Pause {', '.join(names)}, switch over to {candidate}, resume" if names else f"Switch over to {candidate}"


def _settle_title(leader: str, candidate: str, facts: SwitchoverFacts) -> str:
    roads = ["the pools"] * bool(facts.pauses)
    roads += [facts.address.name] if facts.address and not facts.address.left_out else []
    answer = f" and clients reach {candidate} through {' and '.join(roads)}" if roads else ""
    return f"Wait until {leader} follows{answer}"


def _wait_words(facts: SwitchoverFacts) -> str:
    seconds = expected_ms(facts) / 1000
    if not facts.pauses:
        return f"Writes fail for about {seconds:.1f} s; clients see errors and have to connect again."
    latest = f"a guard resumes the pools after {pause_seconds(facts):g} s at the latest"
    return f"Writes wait for about {seconds:.1f} s; {latest}."


def _stable(shard: str, candidate: str, facts: SwitchoverFacts) -> dict[str, object]:
    """What must still be so when it is executed; lag, tenants and connections may change."""
    member = facts.cluster.member(candidate)
    leader = facts.leader
    left_out = [pool.name for pool in facts.pools if pool.left_out]
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
        "pauses": [f"{pool}/{database}" for pool, database in facts.pauses],
        **({"left_out": left_out} if left_out else {}),
    }
