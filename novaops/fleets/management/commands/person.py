"""`manage.py person create|grant|revoke|lock|unlock|list`: who signs in, and with which roles."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from novaops.fleets.models import Person
from novaops.fleets.people import (
    create_machine,
    create_person,
    grant,
    let_in,
    parse_grant,
    person_named,
    revoke,
)
from novaops.fleets.problems import FleetProblem
from novaops.fleets.selectors import fleets_of

GRANT_HELP = "FLEET:ROLE, such as demo:operator; may be given more than once"


class Command(BaseCommand):
    help = "Make people, give them roles and take them."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a person, or bring one to this state")
        create.add_argument("username")
        create.add_argument("--email", default="")
        create.add_argument("--machine", action="store_true", help="it has no password, and calls the API with tokens")
        source = create.add_mutually_exclusive_group()
        source.add_argument("--password-file", type=Path, help="its first line is the password")
        source.add_argument("--password-env", metavar="VAR", help="the environment variable that holds it")
        create.add_argument("--grant", action="append", default=[], metavar="FLEET:ROLE", help=GRANT_HELP)
        for name, meaning in (("grant", "give roles"), ("revoke", "take roles")):
            action = actions.add_parser(name, help=meaning)
            action.add_argument("username")
            action.add_argument("grants", nargs="+", metavar="FLEET:ROLE", help=GRANT_HELP)
        for name, meaning in (("lock", "let somebody in no more; roles stay"), ("unlock", "let them in again")):
            actions.add_parser(name, help=meaning).add_argument("username")
        actions.add_parser("list", help="every person with their roles")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                getattr(self, f"do_{options['action']}")(options)
        except FleetProblem as problem:
            raise CommandError(str(problem)) from problem

    def do_create(self, options: dict[str, Any]) -> None:
        grants = [parse_grant(text) for text in options["grant"]]
        person, made = _made(options)
        given = [wanted for wanted in grants if grant(person, wanted)]
        self.stdout.write(f"{person.username} {'is made' if made else 'exists'}; {len(given)} new role(s).")

    def do_grant(self, options: dict[str, Any]) -> None:
        person = person_named(options["username"])
        for wanted in map(parse_grant, options["grants"]):
            word = "is now" if grant(person, wanted) else "is already"
            self.stdout.write(f"{person.username} {word} {wanted.role.label.lower()} of {wanted.fleet.slug}.")

    def do_revoke(self, options: dict[str, Any]) -> None:
        person = person_named(options["username"])
        for unwanted in map(parse_grant, options["grants"]):
            word = "is no longer" if revoke(person, unwanted) else "was not"
            self.stdout.write(f"{person.username} {word} {unwanted.role.label.lower()} of {unwanted.fleet.slug}.")

    def do_lock(self, options: dict[str, Any]) -> None:
        person = person_named(options["username"])
        word = "is" if let_in(person, False) else "was already"
        self.stdout.write(f"{person.username} {word} locked out.")

    def do_unlock(self, options: dict[str, Any]) -> None:
        person = person_named(options["username"])
        word = "may sign in again" if let_in(person, True) else "was not locked out"
        self.stdout.write(f"{person.username} {word}.")

    def do_list(self, options: dict[str, Any]) -> None:
        for person in Person.objects.order_by("username"):
            held = [f"{one.fleet.slug}:{role.value}" for one in fleets_of(person) for role in one.roles]
            self.stdout.write(f"{person.username}\t{' '.join(held) or 'no role'}")


def _made(options: dict[str, Any]) -> tuple[Person, bool]:
    password = _password(options)
    if not options["machine"]:
        return create_person(options["username"], password, options["email"])
    if password is not None:
        raise FleetProblem("--machine: a machine has no password; leave --password-file and --password-env out.")
    return create_machine(options["username"])


def _password(options: dict[str, Any]) -> str | None:
    path, variable = options["password_file"], options["password_env"]
    if variable:
        if not os.environ.get(variable):
            raise FleetProblem(f"password-env: the environment variable {variable} is not set.")
        return os.environ[variable]
    if not path:
        return None
    try:
        return str(path.read_text().splitlines()[0])
    except (OSError, IndexError) as error:
        raise FleetProblem(f"password-file: {path} cannot be read: {error or 'it is empty'}.") from error
