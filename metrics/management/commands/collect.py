"""manage.py collect: asks the servers of all fleets until it is told to stop."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from metrics.collector.loop import WORKERS, Collector


class Command(BaseCommand):
    help = "Asks the servers of all fleets and stores what they answer. Run as many as you like: they share the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=WORKERS, help="How many servers are asked at once, at most.")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Collector(options["workers"]).run(stop)
        logging.shutdown()
        # Threads that still wait for a silent server would hold up an orderly end; nothing is left to be written.
        os._exit(0)
