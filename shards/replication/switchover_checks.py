"""The pre-flight checks of a switchover: pure, each a sentence with its number."""

from collections.abc import Iterator
from typing import Any

from novaops.operations.contract import Check, CheckOutcome
from novaops.ui.formats import human_bytes, moment
from shards.clients.patroni_replies import Member
from shards.replication.switchover_facts import SwitchoverFacts, must_not_lead


def passed(name: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome.PASSED, reason=reason, evidence=evidence)


def warned(name: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome.WARNED, reason=reason, evidence=evidence)


def failed(name: str, reason: str, **evidence: Any) -> Check:
    return Check(name=name, outcome=CheckOutcome.FAILED, reason=reason, evidence=evidence)


def checks(facts: SwitchoverFacts, candidate: str) -> tuple[Check, ...]:
    """All that speaks for or against making `candidate` the leader. Nothing can be said when no member answered."""
    if facts.problem:
        return (failed("Patroni answers", facts.problem),)
    found = [_answers(facts), _not_paused(facts), _leader_known(facts), _nothing_scheduled(facts)]
    member = facts.cluster.member(candidate)
    if member is None:
        names = ", ".join(one.name for one in facts.cluster.members) or "none"
        return (*found, failed("Candidate", f"{candidate} is no member of {facts.scope}; its members are: {names}."))
    return (*found, *_of_candidate(facts, member))


def _of_candidate(facts: SwitchoverFacts, member: Member) -> Iterator[Check]:
    if member.leads:
        yield passed("Candidate", f"{member.name} leads {facts.scope} already: there is nothing to switch over.")
        return
    yield _running(facts, member)
    yield _synchronous(facts, member)
    yield _same_timeline(facts, member)
    yield _lag(facts, member)
    yield _may_lead(facts, member)
    yield _candidate_api(facts, member)


def _answers(facts: SwitchoverFacts) -> Check:
    return passed("Patroni answers", f"{facts.asked} told about {len(facts.cluster.members)} members of {facts.scope}.")


def _not_paused(facts: SwitchoverFacts) -> Check:
    if facts.cluster.paused:
        return failed("Not paused", f"Patroni is paused on {facts.scope}. Resume it, then plan again.")
    return passed("Not paused", f"Patroni manages {facts.scope}.")


def _leader_known(facts: SwitchoverFacts) -> Check:
    leader = facts.leader
    if leader is None:
        return failed("Leader", f"{facts.scope} has no leader now: this is a failover, not a switchover.")
    if not leader.healthy:
        return failed("Leader", f"{leader.name} holds the leader key but is {leader.state}.", state=leader.state)
    if not facts.leader_api.answered:
        return failed("Leader", f"{leader.name} leads, but its REST API does not answer: {facts.leader_api.problem}")
    return passed("Leader", f"{leader.name} leads on timeline {leader.timeline}.", timeline=leader.timeline)


def _nothing_scheduled(facts: SwitchoverFacts) -> Check:
    planned = facts.cluster.scheduled_switchover
    if planned:
        to = planned.candidate or "any replica"
        return failed("No other switchover", f"One to {to} is scheduled for {moment(planned.at)}. Cancel it first.")
    return passed("No other switchover", "None is scheduled.")


def _running(facts: SwitchoverFacts, member: Member) -> Check:
    if not member.healthy:
        return failed("Candidate runs", f"{member.name} is {member.state}.", state=member.state)
    return passed("Candidate runs", f"{member.name} is {member.state}, as {member.role.replace('_', ' ')}.")


def _synchronous(facts: SwitchoverFacts, member: Member) -> Check:
    if not facts.synchronous_mode:
        return warned("Synchronous", f"{facts.scope} is not in synchronous mode: only the lag says what is at risk.")
    if member.synchronous:
        return passed("Synchronous", f"{member.name} holds every commit that was acknowledged.")
    standbys = ", ".join(facts.sync_standbys)
    hint = f"choose {standbys}" if standbys else "there is none now; wait until Patroni has named one"
    return failed("Synchronous", f"{facts.scope} is in synchronous mode and {member.name} is not in sync: {hint}.")


def _same_timeline(facts: SwitchoverFacts, member: Member) -> Check:
    leading = facts.leader.timeline if facts.leader else None
    if member.timeline is None or leading is None:
        return failed("Timeline", f"The timeline of {member.name} or of the leader is not known.")
    if member.timeline != leading:
        return failed("Timeline", f"{member.name} is on timeline {member.timeline}, the leader on {leading}.")
    return passed("Timeline", f"Both are on timeline {leading}.")


def _lag(facts: SwitchoverFacts, member: Member) -> Check:
    limit = human_bytes(facts.config.maximum_lag_on_failover)
    if member.lag_bytes is None:
        return failed("Lag", f"Patroni does not know how far {member.name} is behind.")
    evidence = {"lag_bytes": member.lag_bytes, "limit_bytes": facts.config.maximum_lag_on_failover}
    sentence = f"{member.name} is {human_bytes(member.lag_bytes)} behind; the limit is {limit}."
    return (
        failed("Lag", sentence, **evidence)
        if member.lag_bytes > facts.config.maximum_lag_on_failover
        else passed("Lag", sentence, **evidence)
    )


def _may_lead(facts: SwitchoverFacts, member: Member) -> Check:
    if must_not_lead(member.tags) or facts.candidate_api.nofailover:
        return failed("May lead", f"{member.name} is tagged nofailover: it must never lead.")
    return passed("May lead", f"{member.name} has no tag that forbids it.")


def _candidate_api(facts: SwitchoverFacts, member: Member) -> Check:
    api = facts.candidate_api
    if not api.answered:
        return failed("Candidate answers", f"The REST API of {member.name} does not answer: {api.problem}")
    return passed("Candidate answers", f"{member.name} says of itself: {api.state}, timeline {api.timeline}.")
