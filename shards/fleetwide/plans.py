"""The plans over many shards: who comes when and why, who is left out and why. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from shards.fleetwide.facts import FleetFacts, MemberHealth, ShardHealth, unwell
from shards.fleetwide.parameters import DrainParameters, RestartParameters, Waves, version_of, version_word
from shards.names import names_of
from shards.outcomes import failed, passed, warned
from shards.pools.pausing.guards import guard_check

WAVE, VERIFY_RESTART, VERIFY_DRAIN = "wave", "no-pending-restart", "nobody-leads"
RESTART_KIND, SWITCHOVER_KIND = "shard-restart", "switchover"
RESTART_SECONDS, SWITCHOVER_SECONDS, WRITE_PAUSE_MS = 60.0, 30.0, 2000
ORDER = "Those with the fewest tenants come first: what goes wrong shows where the least depends on it."


@dataclass(frozen=True, slots=True)
class Work:
    """What is done to one shard: the parameters of its operation, and why."""

    shard: ShardHealth
    parameters: dict[str, Any]
    why: str

    @property
    def argument(self) -> dict[str, Any]:
        return {"shard": self.shard.shard, "parameters": self.parameters, "members": list(self.shard.names)}


@dataclass(slots=True)
class Sorted:
    """Each shard that was asked for is in one of these; sentences by shard. `skipped` need nothing, `blocked` would."""

    work: list[Work] = field(default_factory=list)
    blocked: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def plan_restart(options: RestartParameters, facts: FleetFacts) -> Plan:
    named, found = names_of(options.shards), Sorted()
    for name in named:
        if name not in {one.shard for one in facts.shards}:
            found.refused[name] = f"There is no shard {name} in this fleet."
    for one in facts.shards:
        if named and one.shard not in named:
            continue
        if why := _unfit(one):
            (found.refused if named else found.blocked)[one.shard] = why
        elif options.only_pending and not one.pending:
            found.skipped[one.shard] = "No member waits for a restart."
        else:
            verb = "waits" if len(one.pending) == 1 else "wait"
            waiting = f"{', '.join(one.pending)} {verb} for a restart." if one.pending else "It was asked for."
            told = {"shard": one.shard, "only_pending": options.only_pending}
            found.work.append(Work(one, told, waiting))
    _leave_out(options, facts, found)
    verify = PlannedStep(
        key=VERIFY_RESTART,
        title="Ask every shard again",
        consequence="It fails where a member still waits for a restart.",
        arguments={"shards": sorted(one.shard.shard for one in found.work), "only_pending": options.only_pending},
    )
    return _whole(RESTART_KIND, "restarted", options.parallel, facts, found, verify, RESTART_SECONDS)


def plan_drain(options: DrainParameters, facts: FleetFacts) -> Plan:
    named, found = set(names_of(options.servers)), Sorted()
    for name in sorted(named - {member.name for one in facts.shards for member in one.members}):
        found.refused[name] = f"No shard that answers has a member {name}."
    below = version_of(options.version_below) if options.version_below else None
    for one in facts.shards:
        leader = one.leader
        if leader is not None and not _leaves(leader, named, below):
            found.skipped[one.shard] = f"{leader.name} leads, and stays ({version_word(leader.version)})."
        elif why := _unfit(one):
            found.blocked[one.shard] = why
        else:
            _hand_over(one, named, below, found)
    _leave_out(options, facts, found)
    verify = PlannedStep(
        key=VERIFY_DRAIN,
        title="Ask every shard who leads",
        consequence="It fails where one of those servers leads.",
        arguments={"shards": sorted(one.shard.shard for one in found.work), "servers": _leaving(found.work)},
    )
    return _whole(SWITCHOVER_KIND, "handed over", options.parallel, facts, found, verify, SWITCHOVER_SECONDS)


def _leaving(work: Sequence[Work]) -> list[str]:
    return sorted(one.shard.leader.name for one in work if one.shard.leader)


def _leaves(member: MemberHealth, named: set[str], below: int | None) -> bool:
    """Of an unknown version nobody says that it is old enough to stay."""
    return member.name in named or (below is not None and (member.version is None or member.version < below))


def _hand_over(one: ShardHealth, named: set[str], below: int | None, found: Sorted) -> None:
    candidate, why_none = candidate_of(one, named, below)
    if candidate is None:
        found.blocked[one.shard] = f"Nobody could take over: {why_none}."
        return
    assert one.leader is not None
    why = f"{one.leader.name} ({version_word(one.leader.version)}) hands over to {candidate.name}"
    told = {"shard": one.shard, "candidate": candidate.name}
    found.work.append(Work(one, told, f"{why} ({version_word(candidate.version)})."))


def candidate_of(one: ShardHealth, named: set[str], below: int | None) -> tuple[MemberHealth | None, str]:
    """The synchronous standby first, then who is the least behind; or why there is none."""
    reasons, fit = [], []
    for member in one.members:
        if member.leads:
            continue
        reason = _unsuitable(one, member, named, below)
        reasons.append(f"{member.name} {reason}") if reason else fit.append(member)
    fit.sort(key=lambda member: (not member.synchronous, member.lag_bytes or 0, member.name))
    return (fit[0], "") if fit else (None, "; ".join(reasons) or "there is no replica")


def _unsuitable(one: ShardHealth, member: MemberHealth, named: set[str], below: int | None) -> str:
    if _leaves(member, named, below):
        return "is not to lead either"
    if member.must_not_lead:
        return "is tagged never to lead"
    if one.synchronous_mode and not member.synchronous:
        return "is not in sync"
    return "is too far behind" if (member.lag_bytes or 0) > one.most_lag else ""


def _unfit(one: ShardHealth) -> str:
    """Why nothing is done to it now: it would be made worse, or nobody could tell."""
    if one.paused:
        return f"Patroni is paused on {one.shard}."
    if one.follows:
        return f"It is a standby cluster of {one.follows}: its leader hands over to nobody."
    faults = unwell(one)
    return f"It is not well: {'; '.join(faults)}." if faults else ""


def _leave_out(options: Waves, facts: FleetFacts, found: Sorted) -> None:
    """Each shard's operation is told of its own pools alone."""
    named = names_of(options.leave_out)
    for name in sorted(set(named) - {road for one in facts.shards for road in one.roads}):
        found.refused[name] = f"There is no pool {name} in this fleet that could be left out."
    found.work = [_without(one, [name for name in named if name in one.shard.roads]) for one in found.work]


def _without(work: Work, left_out: Sequence[str]) -> Work:
    return replace(work, parameters=work.parameters | {"leave_out": ", ".join(left_out)}) if left_out else work


def _whole(
    kind: str, done: str, parallel: int, facts: FleetFacts, found: Sorted, verify: PlannedStep, seconds: float
) -> Plan:
    order = sorted(found.work, key=lambda one: (_rough(one.shard.tenants), one.shard.shard))
    waves = [order[index : index + parallel] for index in range(0, len(order), parallel)]
    names = [one.shard.shard for one in order]
    return Plan(
        summary=f"{_number(names)} {done}, {parallel} at once: {', '.join(names)}." if names else _nothing(found),
        checks=tuple(_checks(kind, facts, waves, found)),
        blast=BlastRadius(
            summary=f"At most {parallel} at once; the writes of each pause while its leader changes."
            if names
            else "Nothing is touched.",
            targets=tuple(f"shard:{name}" for name in names),
            tenants=sum(one.shard.tenants for one in order),
            write_pause_ms=WRITE_PAUSE_MS if names else None,
        ),
        steps=(*_waves(kind, waves), verify) if names else (),
        facts={"kind": kind, "waves": [[one.argument for one in wave] for wave in waves], "parallel": parallel},
        confirm=f"{kind} {len(names)}" if names else "",
        expected_seconds=len(waves) * seconds if names else None,
    )


def _rough(tenants: int) -> int:
    """To one digit: a confirmed plan comes out the same while tenants come and go."""
    return round(tenants, 1 - len(str(tenants)))


def _nothing(found: Sorted) -> str:
    return "Nothing can be done now." if found.refused or found.blocked else "Nothing to do: every shard is left out."


def _number(names: Sequence[str]) -> str:
    return "1 shard is" if len(names) == 1 else f"{len(names)} shards are"


def _waves(kind: str, waves: Sequence[Sequence[Work]]) -> Iterator[PlannedStep]:
    for number, wave in enumerate(waves, start=1):
        names = ", ".join(one.shard.shard for one in wave)
        yield PlannedStep(
            key=WAVE,
            title=f"Wave {number} of {len(waves)}: {names}",
            consequence=f"An operation {kind} for each; the next wave begins only when these are as well as before.",
            arguments={"kind": kind, "children": [one.argument for one in wave]},
        )


def _checks(kind: str, facts: FleetFacts, waves: Sequence[Sequence[Work]], found: Sorted) -> Iterator[Check]:
    if facts.missing:
        yield failed("Kind", f"This installation has no operation {facts.missing}.")
    for name, why in found.refused.items():
        yield failed(f"{name} may be touched", why)
    if waves:
        yield guard_check(facts.no_guard)
        told = [
            [{"shard": one.shard.shard, "tenants": one.shard.tenants, "why": one.why} for one in wave] for wave in waves
        ]
        yield passed("Order", ORDER, waves=told)
        yield from (passed(one.shard.shard, one.why) for one in _flat(waves))
    if found.blocked and not waves:
        yield failed("Possible", "Of the shards that would need it, none can be touched now.")
    yield from (warned(f"{name} is left out", why) for name, why in sorted(found.blocked.items()))
    yield from (passed(f"{name} is left out", why) for name, why in sorted(found.skipped.items()))


def _flat(waves: Iterable[Sequence[Work]]) -> Iterator[Work]:
    for wave in waves:
        yield from wave
