"""`manage.py workload --fleet SLUG`: keeps a fleet alive with an application's reads and writes, in the foreground."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from caching.workload.application import Application
from caching.workload.loop import Loop
from caching.workload.users import Customers, Users
from novaops.fleets.models import Fleet
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import fleet_named
from novaops.inventory.problems import InventoryProblem
from shards.placement.console_router import router_of
from shards.placement.selectors import placements

MOST_TENANTS = 2000


class Command(BaseCommand):
    requires_system_checks = []
    help = "Read and write VMs and measurements of the fleet's tenants, at a gentle rate, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fleet", required=True)
        parser.add_argument("--rate", type=float, default=30.0, help="requests a second (default: 30)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["rate"] <= 1000:
            raise CommandError("--rate must be more than 0 and at most 1000 requests a second.")
        try:
            fleet = fleet_named(options["fleet"])
            router = router_of(fleet)
            tiers = tiers_of(fleet, lambda tenant: router.place(tenant).shard, in_process=True)
        except (FleetProblem, InventoryProblem) as problem:
            raise CommandError(str(problem)) from problem
        try:
            loop = Loop(Users(Application(router, tiers)), lambda: customers(fleet), options["rate"])
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: loop.stop())
            logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # what fails is said once, by the loop
            loop.run()
        finally:
            tiers.close()
            router.close()


def customers(fleet: Fleet) -> Customers:
    """The tenants that are placed, those with most VMs first; uncounted ones by name."""
    try:
        with tenant_context(fleet):
            found = placements(sort="vms")[:MOST_TENANTS]
            return Customers(tuple(found.values_list("tenant_id", flat=True)))
    finally:
        connection.close()
