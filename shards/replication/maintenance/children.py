"""A part of an operation that is an operation of its own, waited for until it is over."""

import time
from collections.abc import Mapping
from typing import Any

from novaops.operations.children import begin_child, children_of, left_alone
from novaops.operations.choices import Status
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.replication.maintenance.waiting import LOOK_SECONDS

FRUITLESS = (Status.REFUSED, Status.STALE, Status.EXPIRED)


def carried_out(context: StepContext, name: str, kind: str, parameters: Mapping[str, Any]) -> str:
    """Begins it once, whoever asks, and returns its outcome. What was refused, or stale when it began (another held the
    shard, or the cluster had changed), is tried again under another name: TransientProblem until then."""
    parent = Operation.objects.get(pk=context.operation_id)
    called, child = _latest(parent, name)
    if child is None or child.state in FRUITLESS or child.expired:
        called = f"{name}:{_number(parent, name) + 1}"
        child = _begun(context, parent, called, kind, parameters)
    elif child.status == Status.PLANNED:  # a worker died before it was confirmed
        child = _begun(context, parent, called, kind, parameters)
    return _over(context, child)


def _begun(context: StepContext, parent: Operation, called: str, kind: str, parameters: Mapping[str, Any]) -> Operation:
    context.hold()
    refusal = begin_child(parent, called, kind, parameters, parent.reason)
    child = children_of(parent).get(called)
    if child is None or refusal:
        raise TransientProblem(refusal or f"{kind} could not be requested.")
    return child


def _over(context: StepContext, child: Operation) -> str:
    while not child.state.terminal:
        context.progress(0, None, f"Operation {child.pk}: {child.state.label.lower()}")
        if left_alone(child, 0):
            execute(child.pk)  # does nothing when another worker was first
        else:
            time.sleep(LOOK_SECONDS)
        child.refresh_from_db()
    if child.status == Status.DONE:
        return f"Operation {child.pk}: {child.outcome}"
    sentence = f"Operation {child.pk} ({child.title}) is {child.state.label.lower()}: {child.outcome}"
    raise (TransientProblem if child.state in FRUITLESS else PermanentProblem)(sentence)


def _latest(parent: Operation, name: str) -> tuple[str, Operation | None]:
    number = _number(parent, name)
    called = f"{name}:{number}"
    return called, children_of(parent).get(called)


def _number(parent: Operation, name: str) -> int:
    """How often it was begun."""
    return sum(called.rpartition(":")[0] == name for called in children_of(parent))
