"""Tells a deliverer that something waits for a hook. A lost message costs seconds: beat says "look again"."""

import logging
import time
from collections.abc import Iterable

from celery import current_app
from kombu.exceptions import KombuError, OperationalError

TASK = "novaops.hooks.tasks.deliver_to"
# Whoever wrote the record waits for this: one try, and no longer than a moment, when the broker is away.
IMPATIENT = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
}
# After the broker was away, nobody waits for it again so soon.
LET_BE_SECONDS = 30.0
_let_be = {"until": 0.0}
logger = logging.getLogger(__name__)


def wake(fleet: str, hooks: Iterable[int]) -> bool:
    """False when the broker did not take the messages; what waits is then found by the next look."""
    if time.monotonic() < _let_be["until"]:
        return False
    try:
        with current_app.connection_for_write() as broker:
            broker.transport_options = {**(broker.transport_options or {}), **IMPATIENT}
            for hook in hooks:
                current_app.send_task(TASK, args=[fleet, hook], retry=False, ignore_result=True, connection=broker)
    except (OperationalError, KombuError, OSError) as problem:
        _let_be["until"] = time.monotonic() + LET_BE_SECONDS
        logger.warning("The broker did not take what waits for hooks of fleet %s: %s", fleet, problem)
        return False
    return True
