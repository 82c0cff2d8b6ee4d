"""Plans that nobody confirmed in time."""

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.recording import note

OUTCOME = "Nobody confirmed it in time; the plan expired."


def expire_plans() -> int:
    """How many plans of this fleet expired just now."""
    late = Operation.objects.filter(status=Status.PLANNED, expires_at__lt=Now())
    return sum(_expire(operation) for operation in late)


def _expire(operation: Operation) -> int:
    with transaction.atomic():
        planned = Operation.objects.filter(pk=operation.pk, status=Status.PLANNED)
        changed = planned.update(status=Status.EXPIRED, outcome=OUTCOME, ended_at=Now())
        if changed:
            note("operation expired", operation, actor=Actor.automatic("operations"), outcome=OUTCOME)
            tell(operation)
    return changed
