"""What is left behind in the control database itself: locks, leases, operations that rest on what others need."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Prefetch

from novaops.audit.models import Record
from novaops.operations.choices import ENDED, Status
from novaops.operations.models import Operation, OperationLock
from shards.leftovers.leftover import Leftover
from shards.leftovers.sorts import Sort

# Beat tells workers of a lapsed lease every few seconds: after this, none is there that could take it.
LEASE_LAPSED = timedelta(minutes=10)
RESTS_LONG = timedelta(hours=4)


def control_leftovers(now: datetime) -> tuple[Leftover, ...]:
    """Inside a fleet: three queries."""
    return (*_stale_locks(), *_lapsed(now), *_resting(now))


def stale_locks() -> Iterator[OperationLock]:
    yield from OperationLock.objects.filter(operation__status__in=ENDED).select_related("operation")


def _stale_locks() -> Iterator[Leftover]:
    for lock in stale_locks():
        yield Leftover(
            sort=Sort.LOCK,
            name=str(lock),
            sentence="The operation that took it has ended: others are refused for nothing.",
            began=lock.operation.ended_at,
            identity={"operation": lock.operation_id},
            **_of(lock.operation),
        )


def _lapsed(now: datetime) -> Iterator[Leftover]:
    late = Operation.objects.filter(status=Status.RUNNING, lease_until__lt=now - LEASE_LAPSED)
    for operation in late.order_by("id"):
        yield Leftover(
            sort=Sort.LEASE,
            name=operation.subject,
            sentence="Its worker is gone and no other has taken it on: no worker runs, or none hears of it.",
            began=operation.lease_until,
            refusal="It is not removed but carried on: start a worker, or cancel the operation.",
            **_of(operation),
        )


def _resting(now: datetime) -> Iterator[Leftover]:
    held = Prefetch("held_locks", OperationLock.objects.order_by("scope", "name"))
    resting = {one.subject: one for one in Operation.objects.filter(status=Status.PAUSED).prefetch_related(held)}
    since = _paused_since(list(resting))
    for subject, operation in resting.items():
        locks = [str(lock) for lock in operation.held_locks.all()]
        began = since.get(subject, operation.started_at)
        if locks and began and now - began > RESTS_LONG:
            yield Leftover(
                sort=Sort.RESTING,
                name=subject,
                sentence=f"It rests and keeps {', '.join(locks)} from all others.",
                began=began,
                refusal="It belongs to a person's operation: resume or cancel it there.",
                **_of(operation),
            )


def _paused_since(subjects: list[str]) -> dict[str, datetime]:
    paused = Record.objects.filter(verb="operation paused", subject__in=subjects).order_by("sequence")
    return dict(paused.values_list("subject", "at"))


def _of(operation: Operation) -> dict[str, object]:
    told = f"Operation {operation.pk} ({operation.title.rstrip('.')}), which is {operation.state.label.lower()}."
    return {"origin": told, "operation": operation.pk}
