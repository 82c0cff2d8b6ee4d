"""What nobody asks for any more: in small transactions, so that nothing waits. Inside a fleet's schema."""

from datetime import datetime, timedelta

from novaops.hooks.choices import DeliveryStatus
from novaops.hooks.models import Delivery

BATCH = 1000
KEEP = {DeliveryStatus.DELIVERED: timedelta(days=30), DeliveryStatus.GIVEN_UP: timedelta(days=90)}


def forget_old(now: datetime) -> int:
    """How many deliveries were old."""
    return sum(_forget(status, now - kept) for status, kept in KEEP.items())


def _forget(status: DeliveryStatus, before: datetime) -> int:
    old, count = Delivery.objects.filter(status=status, ended_at__lt=before).order_by("ended_at"), 0
    while some := list(old.values_list("pk", flat=True)[:BATCH]):
        count += Delivery.objects.filter(pk__in=some, status=status).delete()[0]
    return count
