"""`manage.py fleet create|import|export|list|reseal`: the fleets that this console operates."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import create_fleet, fleet_named
from novaops.inventory.export import export
from novaops.inventory.fleet_file import FleetFile
from novaops.inventory.problems import FleetFileProblem, InventoryProblem
from novaops.inventory.reaching import reach_all
from novaops.inventory.reading import read
from novaops.inventory.rows import leader_addresses, rows
from novaops.inventory.services import import_fleet, reseal_passwords


class Command(BaseCommand):
    help = "Make, import, export and list fleets, and renew the encryption of their passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a fleet with its schema; nothing when it exists")
        create.add_argument("slug")
        create.add_argument("--name", default="")
        load = actions.add_parser("import", help="register what a fleet file says and ask every address")
        load.add_argument("file", type=Path)
        load.add_argument(
            "--check-only", action="store_true", help="read the file and ask its addresses; write nothing"
        )
        actions.add_parser("export", help="print a fleet's file, without passwords").add_argument("slug")
        actions.add_parser("list", help="every fleet")
        actions.add_parser("reseal", help="bring every stored password under the newest key of NOVAOPS_SECRET_KEYS")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"do_{options['action']}")(options)
        except FleetFileProblem as problem:
            listed = "\n".join(f"  {sentence}" for sentence in problem.sentences)
            raise CommandError(f"The fleet file cannot be used, and nothing was changed:\n{listed}") from problem
        except (FleetProblem, InventoryProblem) as problem:
            raise CommandError(str(problem)) from problem

    def do_create(self, options: dict[str, Any]) -> None:
        fleet, made = create_fleet(options["slug"], options["name"])
        self.stdout.write(f"Fleet {fleet.slug} ({fleet.name}) {'is made' if made else 'exists already'}.")

    def do_import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        file = read(path)
        if options["check_only"]:
            self.stdout.write(self._reach(file))
            return
        imported = import_fleet(file, path.resolve().parent)[1]
        self.stdout.write(imported.sentence)
        self.stdout.write(self._reach(file))

    def do_export(self, options: dict[str, Any]) -> None:
        fleet = fleet_named(options["slug"])
        with tenant_context(fleet):
            self.stdout.write(export(fleet), ending="")

    def do_list(self, options: dict[str, Any]) -> None:
        for fleet in Fleet.objects.order_by("slug"):
            self.stdout.write(f"{fleet.slug}\t{fleet.name}")

    def do_reseal(self, options: dict[str, Any]) -> None:
        for fleet in Fleet.objects.order_by("slug"):
            with tenant_context(fleet):
                self.stdout.write(f"{fleet.slug}: {reseal_passwords()} password(s) and secret(s) under the newest key.")

    def _reach(self, file: FleetFile) -> str:
        """One line per address; the sentence that sums them up."""
        reached = reach_all((*rows(file), *leader_addresses(file)))
        for one in reached:
            self.stdout.write(f"  {one.sentence}")
        silent = [one.row.name for one in reached if one.problem]
        if silent:
            return f"{len(reached) - len(silent)} of {len(reached)} addresses answered; silent: {', '.join(silent)}."
        return f"All {len(reached)} addresses answered."
