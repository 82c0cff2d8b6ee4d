"""The pre-flight checks of a failover: pure, each a sentence with its number. What may be lost warns; it is for a
person to weigh, and refuses nothing."""

from collections.abc import Iterator

from novaops.operations.contract import Check
from novaops.ui.formats import human_bytes
from shards.clients.patroni_replies import Member
from shards.replication.files import FilesFacts
from shards.replication.files_checks import files_checks
from shards.replication.maintenance.common_checks import answers, failed, is_member, passed, warned
from shards.replication.maintenance.failover_facts import FailoverFacts
from shards.replication.standby_cluster import refusal
from shards.replication.switchover.facts import must_not_lead

FORCED = "Fail over despite a healthy leader"
SKIPS = (
    "For a failover to a named member Patroni looks only whether it runs and may lead: not at its lag "
    "(maximum_lag_on_failover), nor whether it is a synchronous standby. What is said here is all that is compared."
)


def checks(facts: FailoverFacts, candidate: str, *, forced: bool) -> Iterator[Check]:
    cluster = facts.cluster
    yield answers(cluster)
    if cluster.problem:
        return
    if follows := refusal(cluster.scope, cluster.config):
        yield follows
        return
    yield _leader(facts, forced)
    yield is_member(cluster, candidate)
    member = cluster.cluster.member(candidate)
    if member is None or not cluster.word(candidate).answered:
        return
    yield _runs(facts, candidate)
    yield _may_lead(facts, member)
    yield _lacks(facts, candidate)
    yield _timeline(facts, candidate)
    yield _synchronous(facts, member)
    if candidate in facts.files:
        leader = facts.files.get(facts.cluster.leader.name) if facts.cluster.leader else None
        yield from files_checks(candidate, facts.files[candidate], leader or FilesFacts(), warned)
    yield warned("Patroni skips", SKIPS)


def _leader(facts: FailoverFacts, forced: bool) -> Check:
    leader, key = facts.cluster.healthy_leader, facts.cluster.leader
    scope = facts.cluster.scope
    if leader and forced:
        sentence = f"{leader.name} leads {scope} and is healthy: this takes its role away, break-glass."
        return warned("No healthy leader", f"{sentence} What it acknowledges meanwhile may be lost.")
    if leader:
        sentence = f"{leader.name} leads {scope} and is healthy: switch over instead, which loses nothing."
        return failed("No healthy leader", f"{sentence} Only break-glass goes on: “{FORCED}”.")
    if key:
        ttl = f"it ends by itself after {facts.cluster.config.ttl} s, and Patroni may then elect one"
        return warned("No healthy leader", f"{key.name} holds the leader key and does not run or answer; {ttl}.")
    return passed("No healthy leader", f"Nobody leads {scope}.")


def _runs(facts: FailoverFacts, candidate: str) -> Check:
    status = facts.cluster.word(candidate).status
    if not status.healthy:
        return failed("Candidate runs", f"PostgreSQL of {candidate} is {status.state}.", state=status.state)
    return passed("Candidate runs", f"{candidate} says of itself: {status.state}, timeline {status.timeline}.")


def _may_lead(facts: FailoverFacts, member: Member) -> Check:
    tags = {**member.tags, **facts.cluster.word(member.name).status.tags}
    if must_not_lead(tags):
        return failed("May lead", f"{member.name} is tagged nofailover: Patroni refuses it.", tags=tags)
    return passed("May lead", f"{member.name} has no tag that forbids it.", tags=tags)


def _lacks(facts: FailoverFacts, candidate: str) -> Check:
    """With what each other member lacks, as evidence and in the sentence where one has more."""
    lacks = {name: facts.lacks(name) for name in facts.cluster.words}
    evidence = {"lacks_bytes": lacks, "best": facts.best.at if facts.best else None}
    own = lacks.get(candidate)
    if own is None or facts.best is None:
        return warned("Bytes at risk", f"Nobody can say how much {candidate} lacks.", **evidence)
    others = {name: lack for name, lack in lacks.items() if lack is not None and lack < own and name != candidate}
    better = f" {min(others, key=lambda name: others[name])} has more." if others else ""
    sentence = f"{candidate} lacks {human_bytes(own)} of what was known to be written ({facts.best.source}).{better}"
    return warned("Bytes at risk", sentence, **evidence) if own else passed("Bytes at risk", sentence, **evidence)


def _timeline(facts: FailoverFacts, candidate: str) -> Check:
    best, own = timeline(facts), facts.cluster.word(candidate).status.timeline
    if own is None:
        return warned("Timeline", f"The timeline of {candidate} is not known.")
    if own < best:
        return warned("Timeline", f"{candidate} is on timeline {own}; {best} is known: what came after {own} is lost.")
    return passed("Timeline", f"{candidate} is on timeline {own}, the newest that is known.")


def _synchronous(facts: FailoverFacts, member: Member) -> Check:
    if not facts.cluster.synchronous:
        return warned(
            "Synchronous", f"{facts.cluster.scope} is not in synchronous mode: only the bytes say what is lost."
        )
    if facts.cluster.config.synchronous_mode == "quorum":
        return _in_the_quorum(facts, member)
    if member.synchronous:
        return passed("Synchronous", f"{member.name} is a synchronous standby: it has every commit that was confirmed.")
    named = [one.name for one in facts.cluster.cluster.members if one.synchronous]
    instead = f"{', '.join(named)} {'is' if len(named) == 1 else 'are'}" if named else "nobody is"
    return warned("Synchronous", f"{member.name} is no synchronous standby ({instead}): confirmed commits may be lost.")


def _in_the_quorum(facts: FailoverFacts, member: Member) -> Check:
    """A commit was confirmed by so many of the quorum, and it need not be this one."""
    quorum = [one.name for one in facts.cluster.cluster.members if one.synchronous]
    needed = min(facts.cluster.config.synchronous_node_count, len(quorum))
    own = facts.lacks(member.name)
    said = f"A commit is on {needed} of {', '.join(quorum) or 'nobody'}, not on each of them"
    no_further = [
        name for name in quorum if (lack := facts.lacks(name)) is not None and own is not None and own <= lack
    ]
    # A commit that this one lacks would have been confirmed by `needed` others that are further; so many there are not.
    if len(no_further) > len(quorum) - needed:
        return passed("Synchronous", f"{said}. {member.name} is far enough to have every one that was confirmed.")
    return warned("Synchronous", f"{said}: {member.name} may lack commits that were confirmed.")


def timeline(facts: FailoverFacts) -> int:
    """The newest that anybody is on."""
    said = [word.status.timeline for word in facts.cluster.words.values()]
    listed = [member.timeline for member in facts.cluster.cluster.members]
    return max((one for one in (*said, *listed) if one is not None), default=0)
