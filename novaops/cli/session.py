"""What a command works with: the console's API and the two outputs."""

import os
from dataclasses import dataclass

from novaops.cli import settings
from novaops.cli.client import PATIENCE, Client
from novaops.cli.exits import ExitCode
from novaops.cli.printing import Printer
from novaops.cli.problems import Problem


@dataclass(frozen=True, slots=True)
class Session:
    client: Client
    printer: Printer


def begin(as_json: bool) -> Session:
    """With the stored sign-in, or that of the environment. Raises Problem when there is none."""
    printer = Printer(as_json)
    path = settings.home()
    if settings.open_to_others(path):
        printer.news(f"{path} holds a token and others can read it: chmod 600 it, and make a new token.")
    return Session(Client(settings.load(), printer.news, patience()), printer)


def patience() -> float:
    """How many seconds a console that does not answer is asked again."""
    said = os.environ.get("NOVAOPS_PATIENCE", "")
    try:
        return float(said) if said else PATIENCE
    except ValueError as error:
        raise Problem(ExitCode.INVALID, f"NOVAOPS_PATIENCE is a number of seconds, not {said!r}.") from error
