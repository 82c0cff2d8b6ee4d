"""The pre-flight checks of a switchover: pure, each a sentence with its number."""

from collections.abc import Iterator

from novaops.operations.contract import Check
from novaops.ui.formats import duration, moment
from shards.outcomes import failed, passed, warned
from shards.replication.standby_cluster import refusal
from shards.replication.switchover.candidates import candidates_check, of_candidate
from shards.replication.switchover.facts import SwitchoverFacts
from shards.replication.switchover.road_checks import road_checks

# A pause waits so long for running transactions; older ones would probably outlast it.
LONG_SECONDS = 3.0


def checks(facts: SwitchoverFacts, candidate: str) -> tuple[Check, ...]:
    """All that speaks for or against making `candidate` the leader. Nothing can be said when no member answered."""
    if facts.problem:
        return (failed("Patroni answers", facts.problem),)
    if follows := refusal(facts.scope, facts.config):
        return _answers(facts), follows
    found = [_answers(facts), _not_paused(facts), _leader_known(facts), _nothing_scheduled(facts)]
    found += [*road_checks(facts), *work_checks(facts), *candidates_check(facts)]
    member = facts.cluster.member(candidate)
    if member is None:
        names = ", ".join(one.name for one in facts.cluster.members) or "none"
        return (*found, failed("Candidate", f"{candidate} is no member of {facts.scope}; its members are: {names}."))
    if member.leads:
        return (*found, passed("Candidate", f"{member.name} leads {facts.scope} already: there is nothing to do."))
    return (*found, *of_candidate(facts, member, facts.candidate_api))


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


def work_checks(facts: SwitchoverFacts) -> Iterator[Check]:
    work = facts.work
    if work.problem and facts.leader:
        yield warned("Leader's work", f"{facts.leader.name} was not asked what it is busy with: {work.problem}")
    if work.base_backups:
        yield failed("No base backup", f"{work.base_backups} base backups run on the leader: they would break off.")
    if facts.pauses and work.longest_seconds > LONG_SECONDS:
        who = work.longest_application or "an application without a name"
        said = f"A transaction of {who} runs for {duration(work.longest_seconds)}. If it goes through a pool,"
        yield warned("Short transactions", f"{said} the pause waits {LONG_SECONDS:g} s for it and then gives up.")
    if work.lost_slots:
        names = ", ".join(work.lost_slots)
        yield warned("Logical slots", f"Patroni does not keep these on the new leader (no permanent slots): {names}.")
    if facts.ways_back:
        names = ", ".join(facts.ways_back)
        yield warned("Ways back", f"The way back of {names} breaks off and is begun again from the new leader.")
