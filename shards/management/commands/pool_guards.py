"""`manage.py pool_guards`: resumes paused pools at the end of their pause, until told to stop."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from shards.pools.pausing.process import Process


class Command(BaseCommand):
    requires_system_checks = []
    help = "Answers for the end of every pause of a pool, in all fleets. Run two or more, on different hosts."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Process().run(stop)
        logging.shutdown()
        # A thread that still waits for a silent pool would hold up an orderly end.
        os._exit(0)
