"""Patroni's own scheduled switchover: planned and taken off the list by the kinds of `schedule_kinds`.

Patroni carries it out by itself at that time, whether the console runs or not, and knows no pools: clients are refused
while the leader changes. A switchover that the console is to start at a time is an operation with a start time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from novaops.operations.contract import (
    BlastRadius,
    Check,
    PermanentProblem,
    Plan,
    PlannedStep,
    Step,
    StepContext,
    TransientProblem,
)
from novaops.ui.formats import moment
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, ScheduledSwitchover
from shards.exceptions import Refused, ShardError
from shards.outcomes import failed, passed, warned
from shards.replication.standby_cluster import refusal
from shards.replication.switchover.candidates import of_candidate
from shards.replication.switchover.facts import SwitchoverFacts
from shards.replication.switchover.order import ASK_SECONDS, members

SCHEDULE, UNSCHEDULE = "schedule", "unschedule"
SOONEST = timedelta(minutes=1)


class Appointment(BaseModel):
    """The arguments of the steps."""

    model_config = ConfigDict(frozen=True)

    shard: str
    leader: str
    candidate: str
    at: datetime

    @classmethod
    def of(cls, context: StepContext) -> "Appointment":
        return cls.model_validate(dict(context.arguments))

    def is_on(self, cluster: Cluster) -> bool:
        planned = cluster.scheduled_switchover
        return planned is not None and (planned.candidate, planned.at) == (self.candidate, self.at)


def plan_schedule(shard: str, candidate: str, at: datetime, facts: SwitchoverFacts, now: datetime) -> Plan:
    leader = facts.leader.name if facts.leader else ""
    there = facts.cluster.scheduled_switchover
    already = there is not None and (there.candidate, there.at) == (candidate, at)
    arguments = {"shard": shard, "leader": leader, "candidate": candidate, "at": at.isoformat()}
    step = PlannedStep(
        key=SCHEDULE,
        title=f"Tell Patroni to switch {shard} over to {candidate} at {moment(at)}",
        consequence="Nothing changes before that time; until then it can be taken off again.",
        arguments=arguments,
    )
    return Plan(
        summary=f"Patroni switches {shard} over to {candidate} at {moment(at)}.",
        checks=tuple(_schedule_checks(facts, candidate, at, now, already)),
        blast=BlastRadius(
            summary=f"At {moment(at)} clients of {shard} are refused for some seconds.", targets=(shard,)
        ),
        steps=(step,) if leader and not already else (),
        facts={"leader": leader, "scheduled": _words(there), "paused": facts.cluster.paused},
        confirm=f"{facts.scope} {candidate} at {at:%Y-%m-%d %H:%M}",
    )


def plan_unschedule(shard: str, facts: SwitchoverFacts) -> Plan:
    there = facts.cluster.scheduled_switchover
    checks = [failed("Patroni answers", facts.problem)] if facts.problem else [_on_the_list(facts)]
    arguments = {} if there is None else {
        "shard": shard, "leader": there.leader, "candidate": there.candidate, "at": there.at.isoformat(),
    }  # fmt: skip
    step = PlannedStep(
        key=UNSCHEDULE,
        title=f"Take the scheduled switchover of {shard} off",
        consequence="The leader stays.",
        arguments=arguments,
    )
    return Plan(
        summary=f"Patroni does not switch {shard} over by itself.",
        checks=tuple(checks),
        blast=BlastRadius(summary="Nothing that clients notice.", targets=(shard,)),
        steps=(step,) if there else (),
        facts={"scheduled": _words(there)},
    )


def _schedule_checks(facts: SwitchoverFacts, candidate: str, at: datetime, now: datetime, already: bool) -> list[Check]:
    if facts.problem:
        return [failed("Patroni answers", facts.problem)]
    if follows := refusal(facts.scope, facts.config):
        return [follows]
    found = [_to_come(at, now), _free(facts, already), _not_paused(facts), _pools(facts)]
    member = facts.cluster.member(candidate)
    if member is None:
        names = ", ".join(one.name for one in facts.cluster.members if not one.leads) or "none"
        return [*found, failed("Candidate", f"{candidate} is no member of {facts.scope}. Allowed are: {names}.")]
    if member.leads:
        return [*found, failed("Candidate", f"{candidate} leads {facts.scope} already.")]
    return [*found, *of_candidate(facts, member, facts.candidate_api)]


def _to_come(at: datetime, now: datetime) -> Check:
    earliest = now + SOONEST
    if at < earliest:
        word = "has passed" if at < now else "is too soon"
        return failed("Time", f"{moment(at)} {word}: any time from {moment(earliest)} on is allowed.")
    return passed("Time", f"{moment(at)} is to come. Patroni looks at the candidate again then.")


def _free(facts: SwitchoverFacts, already: bool) -> Check:
    there = facts.cluster.scheduled_switchover
    if there and not already:
        return failed("No other switchover", f"{_words(there)} is scheduled. Take it off first.")
    return passed("No other switchover", "It is scheduled already." if already else "None is scheduled.")


def _not_paused(facts: SwitchoverFacts) -> Check:
    if facts.cluster.paused:
        return failed("Not paused", f"Patroni is paused on {facts.scope} and would not carry it out. Resume it first.")
    return passed("Not paused", f"Patroni manages {facts.scope}.")


def _pools(facts: SwitchoverFacts) -> Check:
    if not facts.pools:
        return passed("Pools", "There is none that could be paused.")
    said = "Patroni knows no pools: clients are refused while the leader changes."
    return warned("Pools", f"{said} A switchover of the console with a start time lets them wait.")


def _on_the_list(facts: SwitchoverFacts) -> Check:
    there = facts.cluster.scheduled_switchover
    return passed("Scheduled", f"{_words(there)} is scheduled." if there else "None is scheduled: nothing to do.")


def _words(there: ScheduledSwitchover | None) -> str:
    return f"One to {there.candidate or 'any replica'} at {moment(there.at)}" if there else ""


def schedule(context: StepContext) -> str:
    wanted = Appointment.of(context)
    context.hold()
    try:
        said = _api(wanted.shard).switchover(wanted.leader, wanted.candidate, wanted.at)
    except Refused as problem:
        raise PermanentProblem(f"Patroni refused: {problem}") from problem
    except ShardError as problem:
        raise TransientProblem(str(problem)) from problem
    return f"Patroni switches {wanted.shard} over to {wanted.candidate} at {moment(wanted.at)}. It said: {said}"


def is_scheduled(context: StepContext) -> bool:
    wanted = Appointment.of(context)
    return wanted.is_on(_cluster(wanted.shard))


def unschedule(context: StepContext) -> str:
    wanted = Appointment.of(context)
    if not wanted.is_on(_cluster(wanted.shard)):
        return "It was not scheduled."
    context.hold()
    try:
        said = _api(wanted.shard).cancel_switchover()
    except Refused as problem:
        if problem.status == 404:
            return "It was not scheduled any more."
        raise PermanentProblem(f"Patroni refused: {problem}") from problem
    except ShardError as problem:
        raise TransientProblem(str(problem)) from problem
    return f"{wanted.shard} is not switched over. Patroni said: {said}"


def is_off(context: StepContext) -> bool:
    wanted = Appointment.of(context)
    return not wanted.is_on(_cluster(wanted.shard))


def _api(shard: str) -> Patroni:
    """Of the first member that answers."""
    for target in members("patroni", shard):
        try:
            Patroni(target, timeout=ASK_SECONDS).status()
        except ShardError:
            continue
        return Patroni(target)
    raise TransientProblem(f"No member of {shard} answers Patroni's API.")


def _cluster(shard: str) -> Cluster:
    try:
        return _api(shard).cluster()
    except ShardError as problem:
        raise TransientProblem(str(problem)) from problem


SCHEDULING: Mapping[str, Step] = {SCHEDULE: Step(run=schedule, done=is_scheduled, undo=unschedule)}
UNSCHEDULING: Mapping[str, Step] = {UNSCHEDULE: Step(run=unschedule, done=is_off)}


def appointment_of(plan: Plan) -> dict[str, Any] | None:
    """What an unscheduling took off, as parameters of scheduling it again."""
    arguments = dict(plan.steps[0].arguments) if plan.steps else {}
    return {name: arguments[name] for name in ("shard", "candidate", "at")} if arguments.get("candidate") else None
