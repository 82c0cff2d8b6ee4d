"""Tells a worker that an operation waits. Lost or doubled messages change nothing: the truth is in the database."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from celery import current_app
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import KombuError, OperationalError

from novaops.operations.choices import Status
from novaops.operations.models import Operation

TASK = "novaops.operations.tasks.run"
# A page waits for this: one try, and no longer than a moment, when the broker is away.
IMPATIENT = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
}
AGAIN_AFTER = timedelta(seconds=15)
logger = logging.getLogger(__name__)


def wake(fleet: str, operation_id: int) -> bool:
    """False when the broker did not take the message; the operation is then found by the next look."""
    try:
        with current_app.connection_for_write() as broker:
            broker.transport_options = {**(broker.transport_options or {}), **IMPATIENT}
            current_app.send_task(TASK, args=[fleet, operation_id], retry=False, ignore_result=True, connection=broker)
    except (OperationalError, KombuError, OSError) as problem:
        logger.warning("The broker did not take operation %s of fleet %s: %s", operation_id, fleet, problem)
        return False
    return True


def waiting() -> Iterable[int]:
    """Operations of this fleet that no worker holds and that nobody was told about lately; marks them as told."""
    free = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, lease_until__lt=Now())
    quiet = Q(woken_at__isnull=True) | Q(woken_at__lt=Now() - AGAIN_AFTER)
    for number in Operation.objects.filter(free, quiet).order_by("id").values_list("id", flat=True):
        if Operation.objects.filter(free, quiet, pk=number).update(woken_at=Now()):
            yield number
