"""How the configuration is changed: only while it is what the plan showed, and believed when all members have it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from shards.clients.patroni import Patroni
from shards.exceptions import Refused, ShardError
from shards.replication.maintenance import live
from shards.replication.maintenance.configure_facts import settings_on
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.merge import fingerprint, merged
from shards.replication.maintenance.settings import Setting, equal
from shards.replication.maintenance.waiting import wait_until
from shards.replication.switchover.order import members

APPLY, VERIFY = "apply", "verify"
LONGEST_SECONDS = 600.0
CONFLICT = 409


class ChangeOrder(BaseModel):
    """`before` and `after` are fingerprints of the whole configuration; `back` is the patch that takes `changes` back.
    `parameters`: each PostgreSQL setting that is changed, with its new value."""

    model_config = ConfigDict(frozen=True)

    shard: str
    changes: dict[str, Any]
    back: dict[str, Any]
    before: str
    after: str
    parameters: dict[str, Any] = {}
    patience_seconds: float = 60.0

    @classmethod
    def of(cls, context: StepContext) -> "ChangeOrder":
        return cls.model_validate(dict(context.arguments))


def config_now(shard: str) -> dict[str, Any]:
    """As the DCS holds it, by the first member that answers."""
    problems = []
    for one in members("patroni", shard):
        try:
            return Patroni(one, timeout=live.ASK_SECONDS).config_in_dcs().whole
        except ShardError as problem:
            problems.append(f"{one.name}: {problem}")
    raise TransientProblem(f"No member of {shard} tells its configuration. {' '.join(problems)}")


def applied(context: StepContext) -> bool:
    order = ChangeOrder.of(context)
    return fingerprint(config_now(order.shard)) == order.after


def apply(context: StepContext) -> str:
    order = ChangeOrder.of(context)
    if fingerprint(config_now(order.shard)) != order.before:
        raise PermanentProblem(f"The configuration of {order.shard} was changed meanwhile: request it again.")
    now = _patch(context, order.shard, order.changes)
    if fingerprint(now) != order.after:
        raise PermanentProblem(f"Somebody else changed the configuration of {order.shard} at the same moment.")
    return f"The configuration of {order.shard} has it."


def take_back(context: StepContext) -> str:
    """Only what this operation changed, and only while it stands there: what somebody changed since stays."""
    order = ChangeOrder.of(context)
    found = config_now(order.shard)
    if merged(found, order.back) == found:
        return "The configuration is as it was before."
    if merged(found, order.changes) != found:
        raise PermanentProblem(f"The configuration of {order.shard} was changed again since.")
    _patch(context, order.shard, order.back)
    return f"What was changed in the configuration of {order.shard} is as it was before."


def _patch(context: StepContext, shard: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What came of it. Patroni itself refuses (409) to write over something newer than what it has just read."""
    problems = []
    for one in members("patroni", shard):
        context.hold()
        try:
            return Patroni(one).configure(dict(changes)).whole
        except Refused as problem:
            if problem.status != CONFLICT:
                raise PermanentProblem(f"{one.name} refused it: {problem}") from problem
            raise TransientProblem(f"{one.name}: somebody else changed it at the same moment.") from problem
        except ShardError as problem:  # it may have been done all the same: the step asks before it is tried again
            problems.append(f"{one.name}: {problem}")
            if _sent(problem):
                break
    raise TransientProblem(" ".join(problems))


def _sent(problem: ShardError) -> bool:
    """Whether the question may have arrived; where nothing listens, the next member may be asked at once."""
    return "Nothing listens" not in str(problem)


def verify(context: StepContext) -> str:
    order = ChangeOrder.of(context)
    facts = live.read(order.shard)
    first = {name: said.status.dcs_last_seen for name, said in facts.words.items() if said.answered}
    took = wait_until(context, order.patience_seconds, partial(_late, order, first))
    waiting = "; ".join(_waiting(order, first))
    said = f"{', '.join(sorted(first))} {'has' if len(first) == 1 else 'have'} it, after {took:.0f} s."
    silent = f" Not asked, as they do not answer: {', '.join(facts.silent)}." if facts.silent else ""
    restart = f" A restart is needed for {waiting}." if waiting else ""
    return f"{said}{restart}{silent}"


def _late(order: ChangeOrder, first: Mapping[str, Any]) -> str:
    """Who has not looked into the DCS since, or whose PostgreSQL does not have it."""
    facts = live.read(order.shard)
    for member, before in first.items():
        if not _looked(facts, member, before):
            return f"Patroni of {member} has not read it yet."
        for name in _lacking(order, member):
            return f"PostgreSQL of {member} does not have {name} yet."
    return ""


def _looked(facts: ClusterFacts, member: str, before: Any) -> bool:
    """Compared with its own clock only."""
    now = facts.word(member).status.dcs_last_seen
    return before is None or (now is not None and now > before)


def _lacking(order: ChangeOrder, member: str) -> list[str]:
    return [name for name, had in _had(order, member).items() if not had]


def _waiting(order: ChangeOrder, members: Iterable[str]) -> Iterator[str]:
    """ "max_connections on shard-1-a, shard-1-b": each setting once, by name."""
    where: dict[str, list[str]] = {}
    for member in sorted(members):
        for name in _pending(order, member):
            where.setdefault(name, []).append(member)
    return (f"{name} on {', '.join(where[name])}" for name in sorted(where))


def _pending(order: ChangeOrder, member: str) -> list[str]:
    if not order.parameters:
        return []
    try:
        return [row["name"] for row in settings_on(order.shard, member, order.parameters) if row["pending_restart"]]
    except ShardError:
        return []


def _had(order: ChangeOrder, member: str) -> dict[str, bool]:
    """Whether each setting is there, or waits for a restart. A name that PostgreSQL does not show cannot be asked."""
    if not order.parameters:
        return {}
    try:
        rows = {row["name"].lower(): row for row in settings_on(order.shard, member, order.parameters)}
    except ShardError:
        return dict.fromkeys(order.parameters, False)
    return {name: _has(rows.get(name.lower()), value) for name, value in order.parameters.items()}


def _has(row: dict[str, Any] | None, value: Any) -> bool:
    if row is None or row["pending_restart"]:
        return True
    known = Setting.model_validate(row)
    if value is None:  # Patroni has a default of its own for some
        return True
    return equal(value, known, known.value)


CHANGE_STEPS: Mapping[str, Step] = {
    APPLY: Step(run=apply, done=applied, undo=take_back, timeout_seconds=90, attempts=5),
    VERIFY: Step(run=verify, timeout_seconds=LONGEST_SECONDS + 30, attempts=1),
}
