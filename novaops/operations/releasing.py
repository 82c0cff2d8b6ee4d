"""Where a confirmed operation goes when nobody else has to agree: to its time, or to a worker."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from novaops.audit.services import Actor
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.people import fleet_slug
from novaops.operations.recording import note
from novaops.operations.waking import wake
from novaops.operations.zones import in_zone

LATEST = timedelta(hours=1)
"""How long after its time a scheduled operation may still start."""


def release(operation: Operation) -> None:
    """Inside the transaction that holds its row: scheduled until its time, or queued, with a wake-up on commit."""
    changed = Operation.objects.filter(pk=operation.pk)
    if operation.due_at and operation.due_at > timezone.now():
        changed.update(status=Status.SCHEDULED, expires_at=operation.due_at + LATEST)
    else:
        changed.update(status=Status.QUEUED, queued_at=Now())
        transaction.on_commit(partial(wake, fleet_slug(), operation.pk))


def release_due() -> int:
    """Queues what is due in this fleet, and says how many. Two that do this at once queue each operation once."""
    due = Operation.objects.filter(status=Status.SCHEDULED, due_at__lte=Now(), expires_at__gt=Now())
    return sum(_release_due(operation) for operation in due)


def lateness(operation: Operation) -> str:
    """Why a scheduled operation must not start any more; empty while it may."""
    late = operation.due_at is not None and timezone.now() > operation.due_at + LATEST
    return missed(operation) if late else ""


def missed(operation: Operation) -> str:
    due = in_zone(operation.due_at, operation.time_zone) if operation.due_at else "its time"
    return f"It was to start at {due}, and nothing could start it within an hour; at another time it would surprise."


def _release_due(operation: Operation) -> int:
    with transaction.atomic():
        scheduled = Operation.objects.filter(pk=operation.pk, status=Status.SCHEDULED)
        changed = scheduled.update(status=Status.QUEUED, queued_at=Now())
        if changed:
            due = in_zone(operation.due_at, operation.time_zone) if operation.due_at else ""
            note("operation due", operation, actor=Actor.schedule("operations"), outcome=f"Its time came: {due}.")
            tell(operation)
            transaction.on_commit(partial(wake, fleet_slug(), operation.pk))
    return changed
