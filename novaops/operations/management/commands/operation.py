"""Operations from the command line, over the same services as the browser."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import datetime
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
from novaops.operations.zones import on_the_clock

HELP = """Requests, confirms, approves, follows, pauses, cancels and takes back operations.

Exit codes: 0 done, planned, or nothing to do; 2 the request cannot be understood; 3 refused (a right, a failed check, a
conflict, a freeze, the wrong phrase), rejected or expired; 4 failed; 5 errored; 6 cancelled; 7 stale; 8 not ended when
the watch was over.

  manage.py operation kinds --fleet demo
  manage.py operation request switchover --fleet demo --by operator --reason "Kernel update" --set shard=shard-1
  manage.py operation request ... --confirm "shard-1 shard-1-b leader" --watch    confirm, and follow it
  manage.py operation confirm 7 --fleet demo --by operator --confirm "shard-1 shard-1-b leader"
  manage.py operation confirm 7 ... --at 2026-11-30T03:00 --time-zone Europe/Berlin    start then
  manage.py operation confirm 7 ... --break-glass     at once, without approvals and despite freezes
  manage.py operation approve|reject|withdraw|acknowledge 7 --fleet demo --by approver --comment "Agreed."
  manage.py operation take-back 7 --fleet demo --by operator --reason "It was the wrong shard."    plans the inverse
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
        parser.add_argument("--at", default="", metavar="TIME", help="when to start, on the clock of --time-zone")
        parser.add_argument("--time-zone", default="UTC")
        parser.add_argument("--break-glass", action="store_true", help="run at once; it has to be acknowledged later")
        parser.add_argument("--comment", default="", help="what an approver says")
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
        operation = _confirmed(operation, person, options)
    return _after(console, operation, options)


def _confirm(console: Console, options: dict[str, Any]) -> ExitCode:
    return _after(console, _confirmed(_operation(options), _person(options), options), options)


def _confirmed(operation: Operation, person: Person, options: dict[str, Any]) -> Operation:
    typed = operation.plan.confirm if options["yes"] else options["confirm"] or ""
    how = {"time_zone": options["time_zone"], "break_glass": options["break_glass"]}
    return services.confirm(operation, person, typed, due_at=_due(options), **how)


def _approve(console: Console, options: dict[str, Any]) -> ExitCode:
    return _after(console, services.approve(_operation(options), _person(options), options["comment"]), options)


def _reject(console: Console, options: dict[str, Any]) -> ExitCode:
    console.operation(as_json(services.reject(_operation(options), _person(options), options["comment"])))
    return ExitCode.OK


def _withdraw(console: Console, options: dict[str, Any]) -> ExitCode:
    console.operation(as_json(services.withdraw(_operation(options), _person(options))))
    return ExitCode.OK


def _acknowledge(console: Console, options: dict[str, Any]) -> ExitCode:
    console.operation(as_json(services.acknowledge(_operation(options), _person(options), options["comment"])))
    return ExitCode.OK


def _take_back(console: Console, options: dict[str, Any]) -> ExitCode:
    inverse = services.take_back(_operation(options), _person(options), options["reason"])
    return _after(console, inverse, options)


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
    if options["watch"] and operation.state.value in ("waiting", "scheduled", "queued", "running"):
        return _watch(console, {**options, "what": str(operation.pk)})
    console.operation(as_json(operation))
    return exit_code_of(operation)


ACTIONS = {
    "kinds": _kinds,
    "request": _request,
    "confirm": _confirm,
    "approve": _approve,
    "reject": _reject,
    "withdraw": _withdraw,
    "acknowledge": _acknowledge,
    "take-back": _take_back,
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


def _due(options: dict[str, Any]) -> datetime | None:
    """--at is a time on the wall of --time-zone, unless it says its own offset."""
    if not options["at"]:
        return None
    try:
        given = datetime.fromisoformat(options["at"])
    except ValueError:
        raise Invalid(f"--at takes a time such as 2026-11-30T03:00, not {options['at']!r}.") from None
    return given if given.tzinfo else on_the_clock(given, options["time_zone"])


def _pair(text: str) -> tuple[str, Any]:
    """name=value; a value that is a JSON list or object is taken as that."""
    name, sign, value = text.partition("=")
    if not sign:
        raise Invalid(f"--set takes NAME=VALUE, not {text!r}.")
    try:
        return name, json.loads(value) if value.startswith(("[", "{")) else value
    except ValueError:
        return name, value
