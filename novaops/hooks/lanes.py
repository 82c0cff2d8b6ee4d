"""Who may send to a hook: one deliverer at a time, by a lease that runs out. Times are the control database's own."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from novaops.hooks.choices import DeliveryStatus
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.problems import LaneLost
from novaops.hooks.schedule import HOLDS_BACK


@dataclass(frozen=True, slots=True)
class Lane:
    hook_id: int
    holder: uuid.UUID

    @property
    def held(self) -> QuerySet[Hook]:
        """The hook as long as it is this deliverer's and wants something; empty otherwise."""
        return Hook.objects.filter(pk=self.hook_id, lane_holder=self.holder, lane_until__gt=Now(), enabled=True)

    def hold(self) -> None:
        """Prolongs the lease, right before something is sent. LaneLost when it is another's."""
        if not self.held.update(lane_until=Now() + lease()):
            raise LaneLost(f"hook {self.hook_id} is no longer this deliverer's")


def lease() -> timedelta:
    """Longer than any attempt takes once it has begun."""
    return timedelta(seconds=settings.HOOKS_LEASE_SECONDS)


def take(hook_id: int) -> Lane | None:
    """None when another deliverer is at it, the receiver rests, or the hook is disabled."""
    lane = Lane(hook_id, uuid.uuid4())
    free = Q(lane_until=None) | Q(lane_until__lte=Now())
    awake = Q(rests_until=None) | Q(rests_until__lte=Now())
    hook = Hook.objects.filter(free, awake, pk=hook_id, enabled=True)
    return lane if hook.update(lane_holder=lane.holder, lane_until=Now() + lease()) else None


def leave(lane: Lane) -> None:
    Hook.objects.filter(pk=lane.hook_id, lane_holder=lane.holder).update(lane_holder=None, lane_until=None)


def due() -> QuerySet[Delivery]:
    """What may be sent now, in order: a later event of the same thing waits behind one that was tried a few times."""
    pending = Delivery.objects.filter(status=DeliveryStatus.PENDING)
    before = pending.filter(hook=OuterRef("hook"), subject=OuterRef("subject"), pk__lt=OuterRef("pk"))
    held_back = Exists(before.filter(attempts__lt=HOLDS_BACK))
    return pending.filter(~held_back, next_at__lte=Now()).order_by("pk")


def claim(lane: Lane) -> Delivery | None:
    """The next one, counted as tried before anything is sent; None when nothing is due. LaneLost when the hook is
    another's."""
    with transaction.atomic():
        lane.hold()
        delivery = due().filter(hook=lane.hook_id).first()
        if delivery is None:
            return None
        delivery.attempts += 1
        mine = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING)
        mine.update(attempts=delivery.attempts, tried_at=Now())
    return delivery
