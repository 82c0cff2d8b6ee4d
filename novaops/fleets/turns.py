"""Every fleet in its turn: what tasks do that are asked to look at all of them."""

import logging
from collections.abc import Callable

from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet

logger = logging.getLogger(__name__)


def in_each_fleet(work: Callable[[Fleet], object], what: str) -> None:
    """Does the work inside each fleet's schema. A fleet in which it fails does not keep the others; the log then says
    that `what` ("The samples were not tidied") happened there, and the next round tries again."""
    for fleet in Fleet.objects.all():
        try:
            with tenant_context(fleet):
                work(fleet)
        except Exception:  # the edge of a task: one fleet's defect is written down, and is not the others'
            logger.exception("%s in the fleet %s; the next round tries again", what, fleet.slug)
