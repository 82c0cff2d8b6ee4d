"""What one person may do with one operation now: what its page offers. The services ask again, whatever was shown."""

from collections.abc import Collection
from dataclasses import dataclass

from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations import acknowledging
from novaops.operations.approvals import approval_refusal, withdrawal_refusal, word_refusal
from novaops.operations.choices import Status
from novaops.operations.contract import Kind
from novaops.operations.models import Operation
from novaops.operations.recurring import REPEATABLE
from novaops.operations.requesting import take_back_refusal
from novaops.operations.safe_points import cancel_refusal, pause_refusal


@dataclass(frozen=True, slots=True)
class Controls:
    """`act`: the person holds the right that the kind needs. `word`: they may reject it."""

    act: bool = False
    confirm: bool = False
    break_glass: bool = False
    cancel: bool = False
    pause: bool = False
    resume: bool = False
    approve: bool = False
    word: bool = False
    word_refusal: str = ""
    withdraw: bool = False
    acknowledge: bool = False
    take_back: bool = False
    repeat: bool = False


def controls_of(operation: Operation, kind: object, person: Person, rights: Collection[Right]) -> Controls:
    """`kind` is None when nobody here knows it: then nothing can be done with the operation."""
    if not isinstance(kind, Kind):
        return Controls()
    state, act, approver = operation.state, kind.right in rights, Right.APPROVE in rights
    planned = act and state is Status.PLANNED and not operation.expired
    waits = state is Status.WAITING and approver
    refusal = word_refusal(operation, person) if waits else ""
    looks_after = bool({Right.APPROVE, Right.MANAGE_FLEET} & set(rights))
    return Controls(
        act=act,
        confirm=planned,
        break_glass=planned and Right.BREAK_GLASS in rights,
        cancel=act and not state.terminal and not cancel_refusal(operation),
        pause=act and not pause_refusal(operation),
        resume=act and (state is Status.PAUSED or (state is Status.RUNNING and operation.pause_requested)),
        approve=waits and not approval_refusal(operation, person),
        word=waits and not refusal,
        word_refusal=refusal,
        withdraw=approver and not withdrawal_refusal(operation, person),
        acknowledge=looks_after and not acknowledging.acknowledgement_refusal(operation, person),
        take_back=act and state is Status.DONE and not take_back_refusal(operation),
        repeat=act and state in REPEATABLE and bool(operation.plan.steps) and not operation.recurrence_id,
    )
