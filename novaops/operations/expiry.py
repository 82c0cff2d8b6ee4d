"""What nobody took further in time: a plan not confirmed, approvals that did not come, a start that was missed."""

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor
from novaops.operations.choices import EXPIRING, Status
from novaops.operations.decisions import end_unstarted
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.releasing import missed

OUTCOMES = {
    Status.PLANNED: "Nobody confirmed it in time; the plan expired.",
    Status.WAITING: "The approvals that it waited for did not come in time.",
}


def expire() -> int:
    """How many operations of this fleet expired just now."""
    late = Operation.objects.filter(status__in=EXPIRING, expires_at__lt=Now()).values_list("pk", flat=True)
    return sum(_expire(number) for number in late)


def outcome_of(operation: Operation) -> str:
    """Why one that is late expires."""
    return OUTCOMES.get(operation.state) or missed(operation)


def _expire(number: int) -> int:
    with transaction.atomic():
        late = Operation.objects.filter(pk=number, status__in=EXPIRING, expires_at__lt=Now())
        operation = late.select_for_update(skip_locked=True, no_key=True).first()
        if operation is None:
            return 0
        who, outcome = Actor.automatic("operations"), outcome_of(operation)
        end_unstarted(operation, Status.EXPIRED, outcome, "operation expired", who)
        tell(operation)
    return 1
