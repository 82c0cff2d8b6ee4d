"""`manage.py ways_back`: keeps the old shards of moved tenants current, until told to stop."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from shards.moves.returning.expiring import expire
from shards.moves.returning.process import Process


class Command(BaseCommand):
    requires_system_checks = []
    help = "Keeps the ways back of moves open, in all fleets. Run as many as you like, anywhere: they share the work."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Process(expire).run(stop)
        logging.shutdown()
        # Threads that still wait for a silent server would hold up an orderly end; all they do can be done again.
        os._exit(0)
