"""`manage.py fleet create|list`: the fleets that this console operates."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from novaops.fleets.models import Fleet
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import create_fleet


class Command(BaseCommand):
    help = "Make fleets and list them."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a fleet with its schema; nothing when it exists")
        create.add_argument("slug")
        create.add_argument("--name", default="")
        actions.add_parser("list", help="every fleet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"do_{options['action']}")(options)
        except FleetProblem as problem:
            raise CommandError(str(problem)) from problem

    def do_create(self, options: dict[str, Any]) -> None:
        fleet, made = create_fleet(options["slug"], options["name"])
        self.stdout.write(f"Fleet {fleet.slug} ({fleet.name}) {'is made' if made else 'exists already'}.")

    def do_list(self, options: dict[str, Any]) -> None:
        for fleet in Fleet.objects.order_by("slug"):
            self.stdout.write(f"{fleet.slug}\t{fleet.name}")
