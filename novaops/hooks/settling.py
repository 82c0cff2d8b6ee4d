"""What becomes of a delivery and its hook after an attempt."""

import random

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from novaops.audit.cleaning import text
from novaops.hooks.answers import Answer
from novaops.hooks.choices import DeliveryStatus
from novaops.hooks.disabling import disable_by_itself
from novaops.hooks.lanes import Lane
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.schedule import pause_after, rest_after
from novaops.live import publish

# After so many failures in a row it was the receiver, not the one event: when it is back, all that waits is due.
AN_OUTAGE = 3


def settle(lane: Lane, delivery: Delivery, answer: Answer, took_ms: float) -> None:
    """A failure counts only while the lane is this deliverer's; that something arrived is true whoever has it now."""
    problem = _line(answer.problem)
    said = {"last_error": problem, "last_status": answer.status, "took_ms": round(took_ms, 1)}
    pending = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING)
    with transaction.atomic():
        # The hook's row first, as everybody does who changes both.
        if answer.delivered:
            _reached(lane)
            pending.update(status=DeliveryStatus.DELIVERED, ended_at=Now(), **said)
        elif _failed(lane, answer, problem):
            pause = pause_after(delivery.attempts, random.random(), answer.retry_after)  # noqa: S311 (spreads load)
            if pause is None:
                pending.update(status=DeliveryStatus.GIVEN_UP, ended_at=Now(), **said)
            else:
                pending.update(next_at=Now() + pause, **said)
        publish("hooks")
    if answer.gone:
        disable_by_itself(lane.hook_id, problem)


def _reached(lane: Lane) -> None:
    mine = Hook.objects.filter(pk=lane.hook_id)
    failures = mine.select_for_update(no_key=True).values_list("failures", flat=True).first()
    mine.update(delivered_at=Now(), failures=0, failing_since=None, rests_until=None, last_error="")
    if failures and failures >= AN_OUTAGE:
        waiting = Delivery.objects.filter(hook=lane.hook_id, status=DeliveryStatus.PENDING)
        waiting.update(next_at=Now())


def _failed(lane: Lane, answer: Answer, problem: str) -> bool:
    failures = lane.held.select_for_update(no_key=True).values_list("failures", flat=True).first()
    if failures is None:
        return False
    lane.held.update(
        failures=failures + 1,
        failing_since=Coalesce("failing_since", Now()),
        rests_until=Now() + rest_after(failures + 1, answer.retry_after),
        last_error=problem,
    )
    return True


def _line(problem: str) -> str:
    """A receiver's words may hold anything; what is stored is one line that the database takes."""
    return " ".join(text(problem).split())[:500]
