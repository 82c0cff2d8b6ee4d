"""What beat asks for: checkpoints and their delivery, and the verification that is due or that somebody wants."""

import logging

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit import verification
from novaops.audit.keeping import keep
from novaops.fleets.models import Fleet
from novaops.fleets.turns import in_each_fleet

log = logging.getLogger(__name__)


@shared_task(name="novaops.audit.tasks.look_again")
def look_again() -> None:
    in_each_fleet(lambda fleet: keep(timezone.now()), "The change log's checkpoints were not looked after")


@shared_task(name="novaops.audit.tasks.verify_if_due")
def verify_if_due() -> None:
    in_each_fleet(lambda fleet: verification.verify_if_due(), "The change log was not verified")


@shared_task(name="novaops.audit.tasks.verify")
def verify(fleet_slug: str, pk: int) -> None:
    fleet = Fleet.objects.filter(slug=fleet_slug).first()
    if fleet is None:
        log.warning("The change log of %s is not verified: there is no such fleet here.", fleet_slug)
        return
    with tenant_context(fleet):
        verification.run(pk)
