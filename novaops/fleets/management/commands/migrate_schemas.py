"""`manage.py migrate_schemas`, done by the control database's owner; the application's role then has its rights."""

from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from novaops.fleets.ownership import as_owner, grant_application
from novaops.fleets.problems import FleetProblem


class Command(MigrateSchemasCommand):  # type: ignore[misc]
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_owner():
                super().handle(*args, **options)
                grant_application()
        except FleetProblem as problem:
            raise CommandError(str(problem)) from problem
