"""Messages that come twice: each one that this process sends, and each one that keeps a worker busy."""

import os
from typing import Any

from celery import Celery

from novaops.celery import app

DOUBLED = "NOVAOPS_PROOF_DOUBLED"
"""The environment variable that says so."""
# The broker hands a message out again that nobody acknowledged within a second, and looks every second.
IMPATIENT = {"visibility_timeout": 1, "unacked_restore_interval": 1, "unacked_restore_throttle": 1}


def install() -> None:
    if os.environ.get(DOUBLED):
        app.conf.broker_transport_options = {**app.conf.broker_transport_options, **IMPATIENT}
        Celery.send_task = twice(Celery.send_task)  # type: ignore[method-assign]


def twice(send: Any) -> Any:
    def sent(*words: Any, **more: Any) -> Any:
        send(*words, **more)
        return send(*words, **more)

    return sent
