"""How many moves are carried out: each as an operation of its own, some at once; and what is done before and after."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from novaops.inventory.models import ShardState
from novaops.operations.children import begin_child, children_of, is_over, left_alone, refusal_of
from novaops.operations.choices import Status
from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from novaops.ui.formats import percent
from shards.dataplane import migrations, status
from shards.dataplane.migrator import migrate
from shards.dataplane.problems import DataPlaneProblem
from shards.dataplane.targets import shard_databases
from shards.moves.models import OVER, Move
from shards.placement.models import Placement
from shards.rebalancing.answer import skew
from shards.rebalancing.emptying import shares
from shards.rebalancing.facts import Wishes
from shards.rebalancing.kind_plan import CHILD, CLOSE, EMPTY, MEASURE, MIGRATE, MOVES, OPEN
from shards.rebalancing.measuring import live
from shards.rebalancing.parameters import Measure
from shards.rebalancing.states import set_state

LOOK_SECONDS = 0.5
CONFIRM_AGAIN_SECONDS = 20.0
ALONE_SECONDS = 60.0
# A shard may be without a leader for so long, or held by a switchover: its tenants wait for it.
PASSES_SECONDS = 180.0
TOLERANCE = 0.02
"""Sizes are estimates, and tenants write."""
DAY = 24 * 3600.0
KIND = "tenant-move"
NEVER_BEGAN, MOST_TRIES = (Status.REFUSED, Status.STALE), 3


def move_tenant(context: StepContext) -> str:
    """Waits until the move of its tenant has ended, and meanwhile keeps as many others going as there may be."""
    parent, mine = Operation.objects.get(pk=context.operation_id), context.arguments["parameters"]["tenant"]
    wanted = [step.arguments["parameters"] for step in parent.steps.filter(key=CHILD).order_by("index")]
    refused: dict[str, float] = {}
    waits: dict[str, float] = {}
    while True:
        begun = _begun(parent)
        if mine in begun and _over(begun[mine]):
            return _said(begun[mine][-1])
        ended = sum(map(_over, begun.values()))
        context.progress(ended, len(wanted), f"{len(begun) - ended} of {len(wanted)} tenants are being moved")
        for parameters in _next(wanted, begun, context.arguments["at_once"], refused):
            tenant, tries = parameters["tenant"], begun.get(parameters["tenant"], ())
            if not _planned(tries) and _waits(context, parameters, waits):
                refused[tenant] = time.monotonic()
            elif refusal := _begin(context, parent, parameters, tries):
                refused[tenant] = time.monotonic()
                if tenant == mine and mine not in _begun(parent):
                    return f"{mine} was not moved: {refusal}"
        if mine in begun and left_alone(begun[mine][-1], ALONE_SECONDS):
            number = begun[mine][-1].pk
            context.log(f"No worker is free for operation {number}: this one carries it out itself.")
            execute(number)
        pause()


def _begun(parent: Operation) -> dict[str, list[Operation]]:
    """By tenant, the last one last: a move that never began, as the fleet was not as planned, is asked for again."""
    found: dict[str, list[Operation]] = {}
    for child in sorted(children_of(parent).values(), key=lambda child: child.pk):
        found.setdefault(child.parameters["tenant"], []).append(child)
    return found


def _begin(context: StepContext, parent: Operation, parameters: Mapping[str, Any], tries: Sequence[Operation]) -> str:
    """Why not, in a sentence; empty when it was begun."""
    context.hold()
    tenant = parameters["tenant"]
    refusal = begin_child(parent, _name(tenant, tries), KIND, parameters, _reason(parent, tenant))
    if refusal:
        context.log(f"{tenant}: {refusal}")
    return refusal


def _name(tenant: str, tries: Sequence[Operation]) -> str:
    """Known by it to whoever goes on for a killed worker; a plan that was left unconfirmed keeps its name."""
    number = len(tries) if _planned(tries) else len(tries) + 1
    return tenant if number == 1 else f"{tenant} again, {number}"


def _planned(tries: Sequence[Operation]) -> bool:
    return bool(tries) and tries[-1].status == Status.PLANNED and not tries[-1].expired


def _waits(context: StepContext, parameters: Mapping[str, Any], since: dict[str, float]) -> bool:
    """Whether its move would be refused just now, by what may pass. `since` is when that was first so, by tenant."""
    tenant, why = parameters["tenant"], refusal_of(KIND, parameters)
    if not why or time.monotonic() - since.setdefault(tenant, time.monotonic()) > PASSES_SECONDS:
        return False
    context.log(f"{tenant} waits: {why}")
    return True


def pause() -> None:
    time.sleep(LOOK_SECONDS)


def _next(
    wanted: list[dict[str, Any]], begun: Mapping[str, Sequence[Operation]], at_once: int, refused: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Whom to begin now, in the plan's order: those that nobody has, and those whose plan was left unconfirmed."""
    going = [tries for tries in begun.values() if not tries[-1].state.terminal and tries[-1].status != Status.PLANNED]
    now, left = time.monotonic(), max(0, at_once - len(going))
    open_ones = [one for one in wanted if _open(begun.get(one["tenant"], ()))]
    waited = [one for one in open_ones if now - refused.get(one["tenant"], -math.inf) >= CONFIRM_AGAIN_SECONDS]
    return waited[:left]


def _open(tries: Sequence[Operation]) -> bool:
    return not tries or (not _over(tries) and (tries[-1].status == Status.PLANNED or tries[-1].state.terminal))


def _over(tries: Sequence[Operation]) -> bool:
    """One that never began is asked for again: what was in its way may have passed."""
    last = tries[-1]
    return is_over(last) and (last.status not in NEVER_BEGAN or len(tries) >= MOST_TRIES)


def _said(child: Operation) -> str:
    if child.status == Status.DONE:
        return f"Operation {child.pk}: {child.outcome}"
    return f"Operation {child.pk} is {child.state.label.lower()}, and the others go on: {child.outcome}"


def _reason(parent: Operation, tenant: str) -> str:
    moves: list[dict[str, Any]] = next(
        (check.evidence["moves"] for check in parent.plan.checks if check.name == MOVES), []
    )
    why = next((str(move["why"]) for move in moves if move["tenant"] == tenant), "")
    return f"{parent.reason} {why}".strip()


def measure(context: StepContext) -> str:
    """As the shards say now. At least half of the way that was planned has to be gone."""
    parent = Operation.objects.get(pk=context.operation_id)
    load = live()
    if load.problems:
        raise TransientProblem(f"{load.problems[0][0]} could not be asked: {load.problems[0][1]}")
    now = skew(shares(load.shards, load.tenants, Wishes(mix=Measure(context.arguments["measure"]).mix)))
    told = next(check.evidence for check in parent.plan.checks if check.name == "Shares")
    before, planned = float(told["before"]), float(told["planned"])
    moves = [tries[-1] for tries in _begun(parent).values()]
    failures = [child for child in moves if child.status != Status.DONE]
    said = (
        f"The fullest shard is {percent(now)} above its share, after {percent(before)}; {percent(planned)} was planned."
    )
    if failures:
        numbers = ", ".join(str(child.pk) for child in failures[:10])
        said = f"{said} {len(failures)} of {len(moves)} moves did not come to their end: {numbers}."
    if now > max(before - (before - planned) / 2, planned) + TOLERANCE:
        raise PermanentProblem(said)
    return said


def close_shard(context: StepContext) -> str:
    return set_state(context, context.arguments["shard"], ShardState.DRAINING)


def open_shard(context: StepContext) -> str:
    return set_state(context, context.arguments["shard"], ShardState.ACTIVE)


def state_as_before(context: StepContext) -> str:
    return set_state(context, context.arguments["shard"], ShardState(context.arguments["state"]))


def closed_as_before(context: StepContext) -> str:
    """Not while a tenant lives there, or is on its way: its application could not write any more."""
    name = context.arguments["shard"]
    lives = Placement.objects.filter(shard__name=name).exists()
    comes = Move.objects.filter(target__name=name).exclude(phase__in=OVER).exists()
    begins = Operation.objects.filter(parent_id=context.operation_id, ended_at=None).exists()
    if lives or comes or begins:
        return f"{name} stays as it is: tenants live there, or are on their way."
    return state_as_before(context)


def empty_shard(context: StepContext) -> str:
    """Offline when nobody is placed there, and when no way back leads there any more."""
    name = context.arguments["shard"]
    while True:
        left = list(Placement.objects.filter(shard__name=name).values_list("tenant_id", flat=True)[:6])
        if left:
            raise PermanentProblem(
                f"Tenants are still on {name}: {', '.join(left[:5])}{' ...' if len(left) > 5 else '.'}"
            )
        ways = Move.objects.filter(source__name=name) | Move.objects.filter(target__name=name)
        needing = ways.exclude(phase__in=OVER).count()
        if not needing:
            return set_state(context, name, ShardState.OFFLINE)
        context.progress(0, None, f"{needing} ways back still need {name}: finish their moves, or wait for their end")
        pause()


def migrate_shard(context: StepContext) -> str:
    context.hold()
    try:
        [database] = shard_databases(context.arguments["shard"])
        done = migrate(database, migrations.load(), context.log)
    except DataPlaneProblem as problem:
        raise PermanentProblem(str(problem)) from problem
    return f"{done} versions of the data plane were applied." if done else "Its data plane is at the newest version."


def is_migrated(context: StepContext) -> bool:
    try:
        [database] = shard_databases(context.arguments["shard"])
        return not status.read(database, migrations.load()).pending
    except DataPlaneProblem as problem:
        raise TransientProblem(str(problem)) from problem


STEPS: Mapping[str, Step] = {
    CHILD: Step(run=move_tenant, attempts=1000, timeout_seconds=30 * DAY),
    MEASURE: Step(run=measure, attempts=20, timeout_seconds=120),
    CLOSE: Step(run=close_shard, undo=state_as_before),
    EMPTY: Step(run=empty_shard, attempts=1000, timeout_seconds=40 * DAY),
    MIGRATE: Step(run=migrate_shard, done=is_migrated, timeout_seconds=900),
    OPEN: Step(run=open_shard, undo=closed_as_before),
}
