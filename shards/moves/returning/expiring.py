"""A way back that has expired is finished: an operation like any other, requested and confirmed by the clock, for the
person who asked for the move."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from novaops.audit.services import Actor
from novaops.fleets.models import Person
from novaops.operations.choices import Status
from novaops.operations.confirming import Order, carry_confirmation
from novaops.operations.models import Operation
from novaops.operations.news import tell
from novaops.operations.problems import Invalid, Refused
from novaops.operations.requesting import request
from shards.moves.models import Move, Phase

logger = logging.getLogger(__name__)
KIND = "tenant-move-finish"


def expire() -> None:
    """Requests the end of what has expired; once an hour each, whoever asks. Inside a fleet."""
    now = timezone.now()
    for move in Move.objects.filter(phase=Phase.MOVED, way_back_until__lte=now).select_related("operation"):
        try:
            if move.operation.requested_by is not None:
                _finish(move, move.operation.requested_by, now)
        except (Invalid, Refused) as problem:
            logger.warning("The way back of %s has expired and is not finished: %s", move, problem)


def _finish(move: Move, person: Person, now: datetime) -> None:
    asked, key = move.operation, f"{KIND} {move.operation_id} {now:%Y-%m-%d %H}"
    reason = f"The way back of operation {asked.pk} has expired."
    operation = request(KIND, {"operation": asked.pk}, person, reason, asked.ticket, request_key=key)
    with transaction.atomic():
        current = Operation.objects.select_for_update(no_key=True).get(pk=operation.pk)
        if current.status == Status.PLANNED:
            actor = Actor.schedule(f"the end of the way back that {asked.requested_by_name} opened")
            carry_confirmation(current, person, Order(current.plan.confirm), actor)
            tell(current)
