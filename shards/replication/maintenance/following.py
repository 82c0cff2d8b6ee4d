"""Whether a member is back: runs, streams on its leader's timeline, and is in step. Pure."""

from shards.replication.maintenance.live import ClusterFacts


def lacks(facts: ClusterFacts, member: str) -> str:
    """A sentence; empty when nothing is missing."""
    leader = facts.healthy_leader
    if leader is None:
        return f"{facts.shard} has no leader that runs."
    found, own = facts.cluster.member(member), facts.word(member)
    if not own.answered:
        return f"{member} does not answer: {own.problem}"
    if found is None:
        return f"{member} is not listed in the cluster."
    if not (found.healthy and own.status.healthy):
        return f"{member} is {own.status.state if not own.status.healthy else found.state}."
    return _without_a_standby(facts) if found.leads else _behind(facts, member) or _without_a_standby(facts)


def _behind(facts: ClusterFacts, member: str) -> str:
    found, leader = facts.cluster.member(member), facts.leader
    assert found and leader
    if found.timeline != leader.timeline:
        return f"{member} is on timeline {found.timeline}, {leader.name} on {leader.timeline}."
    if not streams(facts, member):
        return f"{member} does not stream yet."
    limit = facts.config.maximum_lag_on_failover
    if found.lag_bytes is None or found.lag_bytes > limit:
        return f"{member} is not in step yet ({found.lag_bytes} bytes behind; {limit} are allowed)."
    return ""


def streams(facts: ClusterFacts, member: str) -> bool:
    """Somebody sends to it; 3.x calls a replica `running` also when nobody does."""
    sent = (standby for said in facts.words.values() for standby in said.status.replication)
    return any(standby.application_name == member and standby.state == "streaming" for standby in sent)


def _without_a_standby(facts: ClusterFacts) -> str:
    able = [one for one in facts.cluster.members if not one.leads and not one.tags.get("nosync")]
    if facts.synchronous and able and not any(one.synchronous for one in facts.cluster.members):
        return f"{facts.shard} has no synchronous standby yet."
    return ""
