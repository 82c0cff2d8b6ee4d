"""Celery only wakes: each task finds in the control database what there is to do."""

import logging

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.fleets.turns import in_each_fleet
from novaops.operations.expiry import expire
from novaops.operations.occurrences import open_turns, take_turn
from novaops.operations.releasing import release_due
from novaops.operations.runner import execute
from novaops.operations.waking import waiting, wake

LOOK_SECONDS = 5
log = logging.getLogger(__name__)


@shared_task(name="novaops.operations.tasks.run")
def run(fleet_slug: str, operation_id: int) -> None:
    fleet = Fleet.objects.filter(slug=fleet_slug).first()
    if fleet is None:
        log.warning("Operation %s of fleet %s is not run: there is no such fleet here.", operation_id, fleet_slug)
        return
    with tenant_context(fleet):
        execute(operation_id)


@shared_task(name="novaops.operations.tasks.recur")
def recur(fleet_slug: str, recurrence_id: int) -> None:
    """A schedule's time came. Whether this turn is still to be taken stands in the control database."""
    fleet = Fleet.objects.filter(slug=fleet_slug).first()
    if fleet is None:
        log.warning("Schedule %s of fleet %s is not looked at: there is no such fleet here.", recurrence_id, fleet_slug)
        return
    with tenant_context(fleet):
        take_turn(recurrence_id)


@shared_task(name="novaops.operations.tasks.look_again")
def look_again() -> None:
    """Every few seconds: operations and turns that lost their message or their worker, what expired, what is due."""
    in_each_fleet(_look_again, "Operations were not looked at")


def _look_again(fleet: Fleet) -> None:
    expire()
    release_due()
    for number in waiting():
        wake(fleet.slug, number)
    for number in open_turns(timezone.now()):
        recur.apply_async((fleet.slug, number), expires=LOOK_SECONDS, retry=False)
