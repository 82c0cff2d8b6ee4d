"""manage.py change_stream: reads what changes on the shards, and lets the caches forget it, until told to stop."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from caching.stream.hiring import SORTS
from caching.stream.work import ChangeStream
from novaops.leased.command import work_until_told


class Command(BaseCommand):
    requires_system_checks = []
    help = "Works on the change stream of all fleets. Run as many as you like, anywhere: they share the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=(*SORTS, "all"), help="Which pieces of work this process takes.")

    def handle(self, *args: Any, **options: Any) -> None:
        work_until_told(ChangeStream(SORTS if options["part"] == "all" else (options["part"],)))
