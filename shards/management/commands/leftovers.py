"""`manage.py leftovers`: what is left behind on a fleet, as the collectors last saw it or as it is now."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.selectors import snapshot
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import fleet_named
from novaops.inventory.problems import InventoryProblem
from novaops.ui.formats import short_age
from shards.leftovers.leftover import Leftover
from shards.leftovers.selectors import stored
from shards.leftovers.survey import NotLooked, leftovers


class Command(BaseCommand):
    requires_system_checks = []
    help = (
        "Lists what is left behind, the worst first; exit 1 when there is something. The key is what operations take."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fleet", required=True)
        parser.add_argument("--now", action="store_true", help="ask every shard now, instead of what was last seen")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tenant_context(fleet_named(options["fleet"])):
                found = leftovers() if options["now"] else stored(snapshot())
        except (FleetProblem, InventoryProblem, NotLooked) as problem:
            raise CommandError(str(problem)) from problem
        if options["json"]:
            self.stdout.write(json.dumps([{"key": one.key, **one.model_dump(mode="json")} for one in found], indent=2))
        else:
            self._tell(found)
        if found:
            sys.exit(1)

    def _tell(self, found: tuple[Leftover, ...]) -> None:
        for one in found:
            costs = ", ".join(f"{amount} {what}" for amount, what in one.cost)
            self.stdout.write(f"{one.key}  {_age(one)}{f', {costs}' if costs else ''}")
            self.stdout.write(f"  {one.sentence} {one.origin}")
            self.stdout.write(f"  {one.refusal or one.removing}")
        if not found:
            self.stdout.write("Nothing is left behind.")


def _age(one: Leftover) -> str:
    if one.since is None:
        return one.severity.label.lower()
    least = "" if one.began else "at least "
    return f"{one.severity.label.lower()}, for {least}{short_age((timezone.now() - one.since).total_seconds())}"
