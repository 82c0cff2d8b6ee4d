"""Checks that several kinds make: pure, each a sentence."""

from novaops.operations.contract import Check
from shards.outcomes import failed, passed, warned
from shards.replication.maintenance.live import ClusterFacts

__all__ = ["answers", "failed", "is_member", "leader_runs", "manages", "passed", "redundancy", "warned"]


def answers(facts: ClusterFacts) -> Check:
    if facts.problem:
        return failed("Patroni answers", facts.problem)
    if facts.silent:
        silent = "; ".join(f"{name}: {facts.word(name).problem}" for name in facts.silent)
        return warned("Patroni answers", f"{facts.asked} told about {facts.scope}. Not all members answer: {silent}")
    return passed("Patroni answers", f"All {len(facts.words)} members of {facts.scope} answer.")


def leader_runs(facts: ClusterFacts) -> Check:
    leader = facts.healthy_leader
    if leader is None:
        return failed("Leader", f"{facts.scope} has no leader that runs and answers.")
    return passed("Leader", f"{leader.name} leads on timeline {leader.timeline}.")


def manages(facts: ClusterFacts) -> Check:
    if facts.cluster.paused:
        return failed("Not paused", f"Patroni is paused on {facts.scope}: nobody would take over. Resume it first.")
    return passed("Not paused", f"Patroni manages {facts.scope}.")


def is_member(facts: ClusterFacts, member: str) -> Check:
    if facts.cluster.member(member) is None and member not in facts.words:
        names = ", ".join(one.name for one in facts.cluster.members) or "none"
        return failed("Member", f"{member} is no member of {facts.scope}; its members are: {names}.")
    if not facts.word(member).answered:
        return failed("Member", f"The REST API of {member} does not answer: {facts.word(member).problem}")
    return passed("Member", f"{member} answers; its PostgreSQL is {facts.word(member).status.state}.")


def redundancy(facts: ClusterFacts, without: str) -> Check:
    """What is left of the synchronous standbys while `without` is away."""
    if not facts.synchronous:
        return passed("Synchronous", f"{facts.scope} is not in synchronous mode: no commit waits for {without}.")
    member = facts.cluster.member(without)
    if member is None or not member.synchronous:
        return passed("Synchronous", f"No commit waits for {without}.")
    others = [one.name for one in facts.cluster.members if one.healthy and not one.leads and one.name != without]
    if others:
        return warned("Synchronous", f"{without} is a synchronous standby: Patroni names {others[0]} in its place.")
    if facts.strict:
        return failed("Synchronous", f"{without} is the only synchronous standby, and the mode is strict: writes stop.")
    return warned("Synchronous", f"{without} is the only synchronous standby: commits wait for nobody meanwhile.")
