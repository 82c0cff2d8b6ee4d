"""What beat asks for."""

import logging

from celery import shared_task
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics import housekeeping
from novaops.fleets.models import Fleet

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def keep_house() -> None:
    """Every fleet in its turn; one that fails does not keep the others."""
    for fleet in Fleet.objects.all():
        try:
            with tenant_context(fleet):
                housekeeping.keep_house(timezone.now())
        except Exception:
            log.exception("The samples of %s were not tidied; the next round tries again", fleet.slug)
