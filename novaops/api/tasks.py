"""What beat asks for."""

import logging

from celery import shared_task
from django_tenants.utils import tenant_context

from novaops.api.idempotency import forget_old
from novaops.fleets.models import Fleet

log = logging.getLogger(__name__)


@shared_task(name="novaops.api.tasks.keep_house")
def keep_house() -> None:
    """Forgets the answers that were kept for requests sent again. A fleet that fails does not keep the others."""
    for fleet in Fleet.objects.all():
        try:
            with tenant_context(fleet):
                forget_old()
        except Exception:
            log.exception("The kept answers of %s were not tidied; the next round tries again", fleet.slug)
