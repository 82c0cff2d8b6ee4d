"""How failover is paused and resumed. The intent stands in the control database before Patroni is asked."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from novaops.operations.models import Operation
from shards.clients.patroni import Patroni
from shards.exceptions import Refused, ShardError
from shards.replication.maintenance import live
from shards.replication.maintenance.pause_models import FailoverPause, open_pause
from shards.replication.maintenance.waiting import wait_until
from shards.replication.switchover.order import members

PAUSE, RESUME = "pause", "resume"
SEEN_SECONDS = 90.0


def paused(context: StepContext) -> bool:
    kept = open_pause(context.arguments["shard"])
    ours = kept is not None and kept.operation_id == context.operation_id and kept.paused_at is not None
    return ours and live.read(context.arguments["shard"]).cluster.paused


def pause(context: StepContext) -> str:
    shard = context.arguments["shard"]
    context.hold()
    kept = _intended(context)
    _told(context, shard, paused=True)
    took = wait_until(context, SEEN_SECONDS, lambda: _others(shard, paused=True))
    FailoverPause.objects.filter(pk=kept.pk).update(paused_at=timezone.now())
    until = f"until {kept.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"Patroni leaves {shard} alone, {took:.0f} s after it was asked; {kept.owner} has it paused {until}."


def _intended(context: StepContext) -> FailoverPause:
    """The row of this operation; its time runs from the first attempt on. An earlier pause is taken over."""
    operation = Operation.objects.get(pk=context.operation_id)
    with transaction.atomic():
        kept = FailoverPause.objects.filter(operation=operation).first()
        if kept is None:
            by = f"taken over by operation {operation.pk} of {operation.requested_by_name}"
            end(context.arguments["shard"], by)
            kept = FailoverPause.objects.create(
                operation=operation,
                shard=context.arguments["shard"],
                owner=operation.requested_by_name,
                reason=operation.reason,
                expires_at=timezone.now() + timedelta(hours=context.arguments["hours"]),
            )
    return kept


def end(shard: str, by: str) -> int:
    """How many open pauses of the shard ended by that."""
    return FailoverPause.objects.filter(shard=shard, ended_at=None).update(ended_at=timezone.now(), ended_by=by[:200])


def take_back(context: StepContext) -> str:
    """A cluster that had been paused before stays so."""
    shard = context.arguments["shard"]
    if not FailoverPause.objects.filter(operation_id=context.operation_id).exists():
        return "It had not been paused."
    if context.arguments["was_paused"]:
        end(shard, f"operation {context.operation_id}, taken back")
        return f"{shard} stays paused, as it was before."
    return resume(context)


def resumed(context: StepContext) -> bool:
    shard = context.arguments["shard"]
    found = live.read(shard)
    return not found.problem and not found.cluster.paused and open_pause(shard) is None


def resume(context: StepContext) -> str:
    shard = context.arguments["shard"]
    context.hold()
    _told(context, shard, paused=False)
    took = wait_until(context, SEEN_SECONDS, lambda: _others(shard, paused=False))
    end(shard, f"operation {context.operation_id}")
    return f"Patroni manages {shard} again, {took:.0f} s after it was asked."


def _told(context: StepContext, shard: str, *, paused: bool) -> None:
    """Any member takes the word for all."""
    problems = []
    for one in members("patroni", shard):
        if not (problem := _asked(context.hold, one, paused)):
            return
        problems.append(f"{one.name}: {problem}")
    raise TransientProblem(f"Nobody took it. {' '.join(problems)}")


def _asked(hold: Callable[[], None], one: Target, paused: bool) -> str:
    hold()
    try:
        Patroni(one).pause(paused)
    except Refused as problem:
        if problem.status in (401, 403):
            raise PermanentProblem(f"{one.name}: {problem}") from problem
        return str(problem)
    except ShardError as problem:
        return str(problem)
    return ""


def _others(shard: str, *, paused: bool) -> str:
    """Who does not know it yet, of those that answer."""
    facts = live.read(shard)
    if facts.problem:
        return facts.problem
    if facts.cluster.paused is not paused:
        return "The cluster's configuration does not say it."
    late = [name for name, said in facts.words.items() if said.answered and said.status.paused is not paused]
    return f"{', '.join(late)} {'does' if len(late) == 1 else 'do'} not know it yet." if late else ""


PAUSE_STEPS: Mapping[str, Step] = {
    PAUSE: Step(run=pause, done=paused, undo=take_back, timeout_seconds=SEEN_SECONDS + 60)
}
RESUME_STEPS: Mapping[str, Step] = {RESUME: Step(run=resume, done=resumed, timeout_seconds=SEEN_SECONDS + 60)}
