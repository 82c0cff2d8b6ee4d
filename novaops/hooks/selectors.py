"""Reading hooks: for pages, for deliverers, and for whoever watches over the fleet."""

from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Greatest, Now

from novaops.hooks.choices import DeliveryStatus
from novaops.hooks.lanes import due
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.seen import HookSeen


def ready() -> list[int]:
    """Hooks to which something can be sent now, and at which no deliverer is."""
    free = Q(hook__lane_until=None) | Q(hook__lane_until__lte=Now())
    awake = Q(hook__rests_until=None) | Q(hook__rests_until__lte=Now())
    found = due().filter(free, awake, hook__enabled=True)
    return list(found.order_by("hook_id").values_list("hook_id", flat=True).distinct())


def seen() -> tuple[HookSeen, ...]:
    """Three queries; one where there is no hook."""
    hooks = list(Hook.objects.filter(enabled=True))
    if not hooks:
        return ()
    waiting, overdue = counted(), _overdue()
    return tuple(
        HookSeen(
            id=hook.pk,
            name=hook.name,
            receiver=hook.receiver,
            failing_since=hook.failing_since,
            last_error=hook.last_error,
            waiting=waiting.get(hook.pk, 0),
            overdue_since=overdue.get(hook.pk),
        )
        for hook in hooks
    )


def counted() -> dict[int, int]:
    """How many deliveries wait, by hook."""
    rows = Delivery.objects.filter(status=DeliveryStatus.PENDING).order_by().values_list("hook")
    return dict(rows.annotate(Count("pk")))


def deliveries(hook_id: int, status: str = "") -> QuerySet[Delivery]:
    """Newest first, without their payloads."""
    found = Delivery.objects.filter(hook=hook_id).defer("payload")
    return found.filter(status=status) if status in DeliveryStatus.values else found


def _overdue() -> dict[int, datetime]:
    free = Q(hook__lane_until=None) | Q(hook__lane_until__lte=Now())
    rows = due().filter(free).order_by().values_list("hook")
    return dict(rows.annotate(since=Min(Greatest("next_at", "hook__rests_until"))))
