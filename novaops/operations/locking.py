"""Locks: what a running operation holds. The database's constraints decide; the rest finds the words."""

from collections.abc import Iterable

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from novaops.operations.contract import Check, CheckOutcome, Lock
from novaops.operations.models import Operation, OperationLock

# In this fleet. Two that take a shared and an exclusive lock at the same moment would each find the other's row and
# wait for it: PostgreSQL would call that a deadlock.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('novaops operation locks of ' || current_schema(), 0))"


def holders(locks: Iterable[Lock], but: int = 0) -> list[OperationLock]:
    """Who holds what excludes any of these locks, other than operation `but`."""
    wanted = Q(pk__in=[])
    for lock in locks:
        one = Q(scope=lock.scope, name=lock.name)
        wanted |= one & Q(shared=False) if lock.shared else one
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
            with connection.cursor() as cursor:
                cursor.execute(ONE_AT_A_TIME)
            for lock in sorted(wanted, key=str):
                mine = {"scope": lock.scope, "name": lock.name, "operation": operation}
                OperationLock.objects.get_or_create(**mine, defaults={"shared": lock.shared})
    except IntegrityError:
        return holders(wanted, but=operation.pk)
    return []
