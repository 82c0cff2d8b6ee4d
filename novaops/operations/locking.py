"""Locks: what a running operation holds. The database's unique constraint decides; the rest finds the words."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q

from novaops.operations.contract import Check, CheckOutcome, Lock
from novaops.operations.models import Operation, OperationLock


def holders(locks: Iterable[Lock], but: int = 0) -> list[OperationLock]:
    """Who holds any of these locks, other than operation `but`."""
    wanted = Q(pk__in=[])
    for lock in locks:
        wanted |= Q(scope=lock.scope, name=lock.name)
    return list(OperationLock.objects.select_related("operation").filter(wanted).exclude(operation_id=but))


def held_by(holder: OperationLock) -> str:
    """Names what holds the lock, so that a person can go there."""
    other = holder.operation
    return (
        f"{holder} is held by operation {other.pk} ({other.title}), which {other.requested_by_name} requested "
        f"and which is {other.state.label.lower()}: wait for it to end, or cancel it."
    )


def conflict_checks(locks: Iterable[Lock]) -> tuple[Check, ...]:
    """A failed check for each lock that is held, with the number of its holder as evidence."""
    return tuple(
        Check(
            name="No conflict",
            outcome=CheckOutcome.FAILED,
            reason=held_by(holder),
            evidence={"lock": str(holder), "operation": holder.operation_id},
        )
        for holder in holders(locks)
    )


def take(operation: Operation) -> list[OperationLock]:
    """Takes all locks of an operation, or none; returns who holds what is missing. Those it has already are its own."""
    wanted = operation.wanted_locks
    try:
        with transaction.atomic():
            for lock in sorted(wanted, key=str):
                OperationLock.objects.get_or_create(scope=lock.scope, name=lock.name, operation=operation)
    except IntegrityError:
        return holders(wanted, but=operation.pk)
    return []
