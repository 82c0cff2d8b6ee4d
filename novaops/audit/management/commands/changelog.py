"""`manage.py changelog verify --fleet SLUG`: is the change log whole? Exit 0 when it is, 1 when it is not."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from novaops.audit.export import batches
from novaops.audit.selectors import Filters
from novaops.audit.verifying import Verdict, verify
from novaops.fleets.models import Fleet


class Command(BaseCommand):
    help = "Verifies or exports a fleet's change log. Exit: 0 whole, 1 not whole (the first bad record is named)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["verify", "export"])
        parser.add_argument("--fleet", required=True, help="the fleet's slug")
        parser.add_argument("--json", action="store_true", help="the verdict as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        fleet = Fleet.objects.filter(slug=options["fleet"]).first()
        if fleet is None:
            raise CommandError(f"There is no fleet {options['fleet']!r}.", returncode=2)
        if options["action"] == "export":
            self._export(fleet)
        else:
            self._verify(fleet, options["json"])

    def _export(self, fleet: Fleet) -> None:
        for block in batches(fleet, Filters()):
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()

    def _verify(self, fleet: Fleet, as_json: bool) -> None:
        with tenant_context(fleet):
            verdict = verify()
        if as_json:
            self.stdout.write(json.dumps(_as_json(fleet, verdict)))
        else:
            self.stdout.write(_sentence(fleet, verdict))
        if not verdict.whole:
            sys.exit(1)


def _as_json(fleet: Fleet, verdict: Verdict) -> dict[str, Any]:
    return {
        "fleet": fleet.slug,
        "whole": verdict.whole,
        "records": verdict.records,
        "head": verdict.head,
        "first_bad_record": verdict.sequence,
        "problem": verdict.problem,
    }


def _sentence(fleet: Fleet, verdict: Verdict) -> str:
    if verdict.whole:
        return f"The change log of {fleet.slug} is whole: {verdict.records} records, the last one {verdict.head}."
    return (
        f"The change log of {fleet.slug} is NOT whole. {verdict.problem} {verdict.records} records before it are good."
    )
