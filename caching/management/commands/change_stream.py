"""manage.py change_stream: reads what changes on the shards, and lets the caches forget it, until told to stop."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from caching.stream.hiring import SORTS, hire, wanted
from caching.stream.process import Process


class Command(BaseCommand):
    requires_system_checks = []
    help = "Works on the change stream of all fleets. Run as many as you like, anywhere: they share the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=(*SORTS, "all"), help="Which pieces of work this process takes.")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        chosen = SORTS if options["part"] == "all" else (options["part"],)
        Process(lambda: wanted(chosen), hire).run(stop)
        logging.shutdown()
        # Threads that still wait for a silent server would hold up an orderly end; all they do can be done again.
        os._exit(0)
