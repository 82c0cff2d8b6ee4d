"""Operations from the command line, over the same services as the browser."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Person
from novaops.fleets.problems import FleetProblem
from novaops.fleets.services import fleet_named
from novaops.operations import registry, services
from novaops.operations.console import Console, ExitCode, exit_code_of
from novaops.operations.models import Operation
from novaops.operations.problems import Invalid, Refused
from novaops.operations.selectors import as_json, running_first
from novaops.operations.watching import watch

HELP = """Requests, confirms, follows, pauses and cancels operations.

Exit codes: 0 done, planned, or nothing to do; 2 the request cannot be understood; 3 refused (a right, a failed check, a
conflict, the wrong phrase) or expired; 4 failed; 5 errored; 6 cancelled; 7 stale; 8 not ended when the watch was over.

  manage.py operation kinds --fleet demo
  manage.py operation request switchover --fleet demo --by operator --reason "Kernel update" --set shard=shard-1
  manage.py operation request ... --confirm "shard-1 shard-1-b" --watch    confirm, and follow it
  manage.py operation confirm 7 --fleet demo --by operator --confirm "shard-1 shard-1-b"
  manage.py operation show|watch 7 --fleet demo        manage.py operation cancel 7 --fleet demo --by operator
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=list(ACTIONS))
        parser.add_argument("what", nargs="?", default="", help="the kind to request, or the operation's number")
        parser.add_argument("--fleet", required=True, help="the fleet's slug")
        parser.add_argument("--by", default="", help="the person who asks: their rights decide, their name is recorded")
        parser.add_argument("--reason", default="", help="why; it stands in the change log")
        parser.add_argument("--ticket", default="")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter; several allowed"
        )
        parser.add_argument(
            "--confirm", default=None, metavar="TEXT", help="confirm at once, with what the plan asks for"
        )
        parser.add_argument("--yes", action="store_true", help="confirm at once, whatever the plan asks for")
        parser.add_argument("--watch", action="store_true", help="follow it until it ends")
        parser.add_argument("--timeout", type=float, default=3600, help="seconds to watch (3600)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(self.stdout, options["json"])
        try:
            with tenant_context(fleet_named(options["fleet"])):
                code = ACTIONS[options["action"]](console, options)
        except (FleetProblem, Invalid) as problem:
            raise CommandError(str(problem), returncode=ExitCode.INVALID) from problem
        except Refused as problem:
            raise CommandError(f"Refused. {problem}", returncode=ExitCode.REFUSED) from problem
        if code:
            raise SystemExit(int(code))


def _kinds(console: Console, options: dict[str, Any]) -> ExitCode:
    console.kinds(registry.kinds())
    return ExitCode.OK


def _request(console: Console, options: dict[str, Any]) -> ExitCode:
    person = _person(options)
    parameters = dict(_pair(text) for text in options["set"])
    operation = services.request(options["what"], parameters, person, options["reason"], options["ticket"])
    if not operation.state.terminal and (options["yes"] or options["confirm"] is not None):
        typed = operation.plan.confirm if options["yes"] else options["confirm"]
        operation = services.confirm(operation, person, typed)
    return _after(console, operation, options)


def _confirm(console: Console, options: dict[str, Any]) -> ExitCode:
    operation = _operation(options)
    typed = operation.plan.confirm if options["yes"] else options["confirm"] or ""
    return _after(console, services.confirm(operation, _person(options), typed), options)


def _pause(console: Console, options: dict[str, Any]) -> ExitCode:
    console.operation(as_json(services.pause(_operation(options), _person(options))))
    return ExitCode.OK


def _resume(console: Console, options: dict[str, Any]) -> ExitCode:
    return _after(console, services.resume(_operation(options), _person(options)), options)


def _cancel(console: Console, options: dict[str, Any]) -> ExitCode:
    operation = services.cancel(_operation(options), _person(options))
    if options["watch"]:
        return _watch(console, options)
    console.operation(as_json(operation))
    return ExitCode.OK


def _show(console: Console, options: dict[str, Any]) -> ExitCode:
    operation = _operation(options)
    console.operation(as_json(operation))
    return exit_code_of(operation)


def _list(console: Console, options: dict[str, Any]) -> ExitCode:
    console.operations(running_first()[:50])
    return ExitCode.OK


def _watch(console: Console, options: dict[str, Any]) -> ExitCode:
    operation = watch(_operation(options), console, options["timeout"])
    console.operation(as_json(operation))
    return exit_code_of(operation) if operation.state.terminal else ExitCode.NOT_ENDED


def _after(console: Console, operation: Operation, options: dict[str, Any]) -> ExitCode:
    if options["watch"] and operation.state.value in ("queued", "running"):
        return _watch(console, {**options, "what": str(operation.pk)})
    console.operation(as_json(operation))
    return exit_code_of(operation)


ACTIONS = {
    "kinds": _kinds,
    "request": _request,
    "confirm": _confirm,
    "show": _show,
    "list": _list,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "watch": _watch,
}


def _operation(options: dict[str, Any]) -> Operation:
    number = options["what"]
    found = Operation.objects.filter(pk=int(number)).first() if number.isdigit() else None
    if found is None:
        raise Invalid(f"Fleet {options['fleet']} has no operation {number or '(name its number)'}.")
    return found


def _person(options: dict[str, Any]) -> Person:
    found = Person.objects.filter(username=options["by"], is_active=True).first()
    if found is None:
        raise Invalid(f"There is no person {options['by']!r}: say who asks, with --by USERNAME.")
    return found


def _pair(text: str) -> tuple[str, Any]:
    """name=value; a value that is a JSON list or object is taken as that."""
    name, sign, value = text.partition("=")
    if not sign:
        raise Invalid(f"--set takes NAME=VALUE, not {text!r}.")
    try:
        return name, json.loads(value) if value.startswith(("[", "{")) else value
    except ValueError:
        return name, value
