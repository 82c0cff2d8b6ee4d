"""What beat asks for: checkpoints and their delivery, and the verification that is due or that somebody wants."""

import logging
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit import verification
from novaops.audit.keeping import keep
from novaops.fleets.models import Fleet

log = logging.getLogger(__name__)


@shared_task(name="novaops.audit.tasks.look_again")
def look_again() -> None:
    _in_each_fleet(lambda: keep(timezone.now()))


@shared_task(name="novaops.audit.tasks.verify_if_due")
def verify_if_due() -> None:
    _in_each_fleet(verification.verify_if_due)


@shared_task(name="novaops.audit.tasks.verify")
def verify(fleet_slug: str, pk: int) -> None:
    fleet = Fleet.objects.filter(slug=fleet_slug).first()
    if fleet is None:
        log.warning("The change log of %s is not verified: there is no such fleet here.", fleet_slug)
        return
    with tenant_context(fleet):
        verification.run(pk)


def _in_each_fleet(work: Callable[[], object]) -> None:
    """A fleet that fails does not keep the others."""
    for fleet in Fleet.objects.all():
        try:
            with tenant_context(fleet):
                work()
        except Exception:
            log.exception("The change log of %s was not looked after; the next round tries again", fleet.slug)
