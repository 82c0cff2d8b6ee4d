"""Signing in: where the console is, and a token that was made in the browser."""

import os
import sys
from typing import Annotated, Any

import typer

from novaops.cli import settings
from novaops.cli.client import Client
from novaops.cli.exits import ExitCode
from novaops.cli.options import AsJson
from novaops.cli.printing import Printer
from novaops.cli.problems import Problem
from novaops.cli.session import begin, patience
from novaops.cli.words import Line, plain

Url = Annotated[str, typer.Option("--url", help="The console's address, such as https://novaops.example.org.")]
Fleet = Annotated[str, typer.Option("--fleet", help="The fleet's slug; the token's own if it is left out.")]


def add_to(app: typer.Typer) -> None:
    app.command()(login)
    app.command()(logout)
    app.command()(me)


def login(url: Url = "", fleet: Fleet = "", as_json: AsJson = False) -> None:
    """Store where the console is, and a token: asked for, from NOVAOPS_TOKEN, or from the standard input.

    A token is made on the page “API tokens” of the fleet. It never stands on a command line, where others see it.
    """
    printer = Printer(as_json)
    url = url or os.environ.get("NOVAOPS_URL", "") or _asked("The console's address")
    token = os.environ.get("NOVAOPS_TOKEN", "") or _asked("The token", hide=True)
    found = settings.made(url, fleet, token)
    if found.readable_on_the_way:
        printer.news("http:// sends the token readable by everybody on the way: use https://.")
    said = Client(found, printer.news, patience()).get("me")
    settings.save(found, settings.home())
    printer.show(said, [*_who(said), plain(f"Stored in {settings.home()}, for you alone.")])


def logout(as_json: AsJson = False) -> None:
    """Forget what `login` stored. The token stays good until it is revoked or expires."""
    path = settings.home()
    known = path.exists()
    path.unlink(missing_ok=True)
    sentence = "Forgotten. Revoke the token in the browser if nobody needs it." if known else "Nothing was stored."
    Printer(as_json).show({"forgotten": known}, [plain(sentence)])


def me(as_json: AsJson = False) -> None:
    """Who you are to the console, and what you may do."""
    session = begin(as_json)
    said = session.client.get("me")
    session.printer.show(said, _who(said))


def _who(said: dict[str, Any]) -> list[Line]:
    kind = "the machine " if said["is_machine"] else ""
    lines = [
        plain(f"{kind}{said['person']} on {said['fleet_name']} ({said['fleet']})", "bold"),
        plain(f"  roles: {', '.join(said['roles'])}"),
        plain(f"  rights, within the token's scopes: {', '.join(said['rights']) or 'none'}"),
    ]
    if token := said["token"]:
        lines.append(plain(f"  token “{token['name']}” ({token['begins_with']}…) until {token['expires_at'][:10]}"))
    return lines


def _asked(what: str, hide: bool = False) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=hide, err=True)).strip()
    line = sys.stdin.readline().strip() if hide else ""
    if not line:
        raise Problem(ExitCode.INVALID, f"{what} is missing: give --url and, on the standard input, the token.")
    return line
