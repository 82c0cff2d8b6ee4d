"""How a shard is restarted: each member by a `member-restart` of its own, the leader after a `switchover`."""

from collections.abc import Mapping

from novaops.operations.contract import Step, StepContext, TransientProblem
from shards.clients.patroni_replies import Member
from shards.replication.maintenance import following, live
from shards.replication.maintenance.children import carried_out
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.waiting import wait_until
from shards.replication.switchover.facts import must_not_lead

MEMBER, HAND_OVER = "restart-member", "hand-over"
PART_SECONDS = 3600.0
READY_SECONDS = 120.0
# Another operation may hold the shard meanwhile.
ATTEMPTS = 30


def restarted(context: StepContext) -> bool:
    """By whoever: its postmaster is another one than when it was planned, and it follows."""
    facts, member = live.read(context.arguments["shard"]), context.arguments["member"]
    started = facts.word(member).status.started_at
    anew = started is not None and started.isoformat() != context.arguments["started_at"]
    return anew and not following.lacks(facts, member)


def restart_member(context: StepContext) -> str:
    shard, member = context.arguments["shard"], context.arguments["member"]
    wait_until(context, READY_SECONDS, lambda: _not_ready(live.read(shard)))
    if restarted(context):
        return f"{member} has restarted, and all members of {shard} are in step."
    parameters = {"shard": shard, "member": member, "only_pending": context.arguments["only_pending"]}
    return carried_out(context, f"restart-{member}", "member-restart", parameters)


def _not_ready(facts: ClusterFacts) -> str:
    """Whether all the others are back, so that never two are away."""
    return next((lacks for one in facts.cluster.members if (lacks := following.lacks(facts, one.name))), facts.problem)


def handed_over(context: StepContext) -> bool:
    leader = live.read(context.arguments["shard"]).healthy_leader
    return leader is not None and leader.name != context.arguments["leader"]


def hand_over(context: StepContext) -> str:
    shard, leader = context.arguments["shard"], context.arguments["leader"]
    wait_until(context, READY_SECONDS, lambda: _not_ready(live.read(shard)))
    facts = live.read(shard)
    candidate = successor(facts)
    if candidate is None:
        raise TransientProblem(f"Nobody can take over from {leader} now.")
    left_out = context.arguments.get("leave_out", "")
    parameters = {"shard": shard, "candidate": candidate.name, "leave_out": left_out}
    return carried_out(context, "hand-over", "switchover", parameters)


def successor(facts: ClusterFacts) -> Member | None:
    """Who is in sync; where the mode is off, who is closest behind."""
    able = [one for one in facts.cluster.members if not one.leads and one.healthy and not must_not_lead(one.tags)]
    if facts.synchronous:
        able = [one for one in able if one.synchronous]
    known = [one for one in able if one.lag_bytes is not None]
    return min(known, key=lambda one: (one.lag_bytes or 0, one.name), default=None)


STEPS: Mapping[str, Step] = {
    MEMBER: Step(run=restart_member, timeout_seconds=PART_SECONDS, attempts=ATTEMPTS),
    HAND_OVER: Step(run=hand_over, done=handed_over, timeout_seconds=PART_SECONDS, attempts=ATTEMPTS),
}
