"""`manage.py dataplane migrate|status|seed`: the tables of the fleet's shards."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import fleet_named
from novaops.inventory.problems import InventoryProblem
from shards.dataplane import everywhere, migrations, migrator, status
from shards.dataplane.problems import DataPlaneProblem
from shards.dataplane.seeding import service
from shards.dataplane.targets import shard_databases
from shards.placement.problems import PlacementProblem


class Command(BaseCommand):
    requires_system_checks = []
    help = "Bring every shard to the same schema, show where each stands, fill the demo with data."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name, said in (
            ("migrate", "apply what is missing; safe to repeat"),
            ("status", "version, pending migrations and drift; exit 1 when a shard is not well"),
            ("seed", "the demo's tenants, VMs and metrics; nothing where a shard has tenants"),
        ):
            action = actions.add_parser(name, help=said)
            action.add_argument("--fleet", required=True)
            if name != "seed":
                action.add_argument("--shard", default="")
                continue
            action.add_argument("--tenants", type=int, default=240)
            action.add_argument("--vms", type=int, default=50_000)
            action.add_argument("--days", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tenant_context(fleet_named(options["fleet"])):
                getattr(self, f"do_{options['action']}")(options)
        except (FleetProblem, InventoryProblem, DataPlaneProblem, PlacementProblem) as problem:
            raise CommandError(str(problem)) from problem

    def do_migrate(self, options: dict[str, Any]) -> None:
        wanted = migrations.load()
        shards = shard_databases(options["shard"])
        applied = everywhere.on_each(shards, lambda shard: migrator.migrate(shard, wanted, self.stdout.write))
        version = max((migration.version for migration in wanted), default=0)
        self.stdout.write(f"{len(applied)} shards at version {version:04}; {sum(applied.values())} migrations applied.")

    def do_status(self, options: dict[str, Any]) -> None:
        wanted = migrations.load()
        found = everywhere.on_each(shard_databases(options["shard"]), lambda shard: status.read(shard, wanted))
        for each in found.values():
            self.stdout.write(each.sentence)
            for line in (*(f"pending: {name}" for name in each.pending), *map(str, each.drift)):
                self.stdout.write(f"  {line}")
        if not all(each.well for each in found.values()):
            sys.exit(1)

    def do_seed(self, options: dict[str, Any]) -> None:
        began = time.monotonic()
        loaded = service.seed(
            shard_databases(), options["tenants"], options["vms"], options["days"], timezone.now()
        ).values()
        if not any(each.tenants for each in loaded):
            self.stdout.write("Every shard has its data already; nothing to do.")
            return
        self.stdout.write(
            f"{sum(each.tenants for each in loaded)} tenants, {sum(each.vms for each in loaded):,} VMs, "
            f"{sum(each.measurements for each in loaded):,} measurements (one VM in 50, every 15 minutes) "
            f"in {time.monotonic() - began:.1f} s."
        )
