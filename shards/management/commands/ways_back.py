"""`manage.py ways_back`: keeps the old shards of moved tenants current, until told to stop."""

from typing import Any

from django.core.management.base import BaseCommand

from novaops.leased.command import work_until_told
from shards.moves.returning.expiring import expire
from shards.moves.returning.work import WaysBack


class Command(BaseCommand):
    requires_system_checks = []
    help = "Keeps the ways back of moves open, in all fleets. Run as many as you like, anywhere: they share the work."

    def handle(self, *args: Any, **options: Any) -> None:
        work_until_told(WaysBack(expire))
