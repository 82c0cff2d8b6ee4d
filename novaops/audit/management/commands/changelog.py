"""The change log from the command line: verify, export, checkpoints and the key that signs them."""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit import beginning, checkpoints, delivering, export, export_csv, pruning, signing, standalone
from novaops.audit.actors import Actor
from novaops.audit.archive import ArchiveProblem
from novaops.audit.canonical import canonical
from novaops.audit.checkpoints import Unsound
from novaops.audit.outside import Unreadable
from novaops.audit.pruned import line_of
from novaops.audit.pruning import NotPruned
from novaops.audit.selectors import Filters, filters_of
from novaops.audit.services import record
from novaops.audit.signing import KeyProblem
from novaops.audit.verification import sentence_of
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import fleet_named

WHO = Actor.automatic("command line")
HELP = """Verifies and exports a fleet's change log, and looks after its checkpoints.

Exit codes: 0 whole, or done; 1 not whole (the first bad record is named); 2 it could not be done.

  manage.py changelog verify --fleet demo --checkpoints /mnt/elsewhere/demo-checkpoints.jsonl
  manage.py changelog export --fleet demo > changes.jsonl        the records, and the proof that they are in the log
  manage.py changelog export --fleet demo --csv --since 2026-11-01 --actor ann > changes.zip
  manage.py changelog checkpoint --fleet demo                    make one now, and carry it outside
  manage.py changelog checkpoints --fleet demo                   all of them, one a line
  manage.py changelog prune --fleet demo --dry-run               what is past its time and could be taken away
  manage.py changelog prune --fleet demo --archive FILE          write it into an archive, and take it away
  manage.py changelog prunings --fleet demo                      the signed statements of that, one a line
  manage.py changelog new-key /etc/novaops/checkpoint.pem        make the key that signs checkpoints
  manage.py changelog new-key NEW --introduced-by OLD            the next key, which the old one introduces
  manage.py changelog public-key                                 what auditors are given
  manage.py changelog verifier > verify_changelog.py             the verifier that needs no NovaOps
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=[*IN_A_FLEET, *ANYWHERE])
        parser.add_argument("file", nargs="?", type=Path, help="new-key: where the new key is written")
        parser.add_argument("--fleet", default="", help="the fleet's slug")
        parser.add_argument("--json", action="store_true", help="the answer as JSON")
        parser.add_argument(
            "--checkpoints", nargs="+", type=Path, default=[], metavar="FILE", help="verify: copies from outside"
        )
        parser.add_argument("--archive", type=Path, metavar="FILE", help="prune: where what goes is written before")
        parser.add_argument("--dry-run", action="store_true", help="prune: only say what would go")
        parser.add_argument("--up-to-checkpoint", type=int, metavar="N", help="prune: no further than that one")
        parser.add_argument("--introduced-by", type=Path, metavar="FILE", help="new-key: the private key until now")
        parser.add_argument("--csv", action="store_true", help="export: a zip file with a table, and the proof")
        for field in fields(Filters):
            parser.add_argument(f"--{field.name}", default="", help="export: only such records")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["action"] in ANYWHERE:
                ANYWHERE[options["action"]](self, options)
            else:
                fleet = fleet_named(options["fleet"])
                IN_A_FLEET[options["action"]](self, fleet, options)
        except (FleetProblem, KeyProblem, Unsound, Unreadable, NotPruned, ArchiveProblem) as problem:
            raise CommandError(str(problem), returncode=2) from problem

    def say(self, options: dict[str, Any], sentence: str, **facts: object) -> None:
        self.stdout.write(json.dumps(facts) if options["json"] else sentence)

    def verify(self, fleet: Fleet, options: dict[str, Any]) -> None:
        with tenant_context(fleet):
            verdict = verify(options["checkpoints"])
        facts = {**asdict(verdict), "first_bad_record": verdict.sequence, "whole": verdict.whole, "fleet": fleet.slug}
        del facts["sequence"]
        word = f"is whole: {verdict.records} records." if verdict.whole else "is NOT whole."
        self.say(options, f"The change log of {fleet.slug} {word} {sentence_of(verdict)}", **facts)
        if not verdict.whole:
            sys.exit(1)

    def export(self, fleet: Fleet, options: dict[str, Any]) -> None:
        filters = filters_of({**options, "q": options["text"]})
        with tenant_context(fleet):
            record("change log exported", "change-log", actor=WHO, data={"filters": filters.narrow})
        form = export_csv if options["csv"] else export
        for block in form.batches(fleet, filters):
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()

    def checkpoint(self, fleet: Fleet, options: dict[str, Any]) -> None:
        with tenant_context(fleet):
            made = checkpoints.ask(WHO)
            taken = delivering.deliver(timezone.now())
        assert made is not None, "that it was asked for is a record"
        sentence = f"Checkpoint {made.number} covers the change log of {fleet.slug} up to record {made.sequence}."
        self.say(options, sentence, number=made.number, sequence=made.sequence, key=made.key, delivered=taken)

    def checkpoints(self, fleet: Fleet, options: dict[str, Any]) -> None:
        with tenant_context(fleet):
            for line in checkpoints.lines():
                self.stdout.write(line.text.decode(), ending="")

    def prune(self, fleet: Fleet, options: dict[str, Any]) -> None:
        with tenant_context(fleet):
            what = pruning.due(fleet, timezone.now(), options["up_to_checkpoint"])
            facts = {**what.facts, "pruned": not options["dry_run"]}
            if options["dry_run"]:
                self.say(options, what.sentence, **facts)
                return
            if options["archive"] is None:
                raise NotPruned("Say where what goes is to be written before: --archive FILE, or --dry-run.")
            said = pruning.prune(fleet, what, options["archive"], WHO)
            facts |= {"delivered": delivering.deliver(timezone.now())}
        sentence = f"Pruning {said.number}: records {said.first} to {said.last} were taken away. The change log of "
        sentence += f"{fleet.slug} begins behind them; {options['archive']} ({said.archive}) holds them. Keep it."
        self.say(options, sentence, archive=said.archive, number=said.number, **facts)

    def prunings(self, fleet: Fleet, options: dict[str, Any]) -> None:
        with tenant_context(fleet):
            for one in beginning.prunings():
                self.stdout.write(canonical(line_of(one.body, one.signature)).decode())

    def new_key(self, options: dict[str, Any]) -> None:
        if options["file"] is None:
            raise KeyProblem("Say where the new key is to be written: manage.py changelog new-key FILE.")
        old = signing.load(options["introduced_by"]) if options["introduced_by"] else None
        made = signing.make(options["file"], old, timezone.now())
        where = f"NOVAOPS_CHECKPOINT_KEY_FILE={options['file']}"
        sentence = f"The key {made.public} is made. Set {where} and give auditors the public key, by another way."
        introduced = made.introduction is not None
        self.say(options, sentence, key=made.public, file=str(options["file"]), introduced=introduced)

    def public_key(self, options: dict[str, Any]) -> None:
        key = signing.load(options["file"]) if options["file"] else signing.configured()
        self.say(options, f"{key.public_pem}\n{key.public}", key=key.public, pem=key.public_pem)

    def verifier(self, options: dict[str, Any]) -> None:
        self.stdout.write(standalone.text(), ending="")


IN_A_FLEET: dict[str, Callable[[Command, Fleet, dict[str, Any]], None]] = {
    "verify": Command.verify,
    "export": Command.export,
    "checkpoint": Command.checkpoint,
    "checkpoints": Command.checkpoints,
    "prune": Command.prune,
    "prunings": Command.prunings,
}
ANYWHERE: dict[str, Callable[[Command, dict[str, Any]], None]] = {
    "new-key": Command.new_key,
    "public-key": Command.public_key,
    "verifier": Command.verifier,
}
