"""Celery only wakes: each task finds in the control database what there is to send. They have a queue of their own,
and deliverers that take nothing else, so that no operation ever waits behind a receiver."""

import logging

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.fleets.turns import in_each_fleet
from novaops.hooks.delivering import deliver
from novaops.hooks.housekeeping import forget_old
from novaops.hooks.selectors import ready
from novaops.hooks.waking import wake

log = logging.getLogger(__name__)


@shared_task(name="novaops.hooks.tasks.deliver_to")
def deliver_to(fleet_slug: str, hook_id: int) -> None:
    fleet = Fleet.objects.filter(slug=fleet_slug).first()
    if fleet is None:
        log.warning("Nothing is sent for hook %s of fleet %s: there is no such fleet here.", hook_id, fleet_slug)
        return
    with tenant_context(fleet):
        if deliver(hook_id):
            wake(fleet_slug, [hook_id])


@shared_task(name="novaops.hooks.tasks.look_again")
def look_again() -> None:
    """Every few seconds: what is due again, and what lost its message or its deliverer."""
    in_each_fleet(lambda fleet: wake(fleet.slug, ready()), "Hooks were not looked at")


@shared_task(name="novaops.hooks.tasks.keep_house")
def keep_house() -> None:
    in_each_fleet(lambda fleet: forget_old(timezone.now()), "Old deliveries were not deleted")
