"""What other people than the requester say, and taking back what was done."""

import typer

from novaops.cli.acting import finish
from novaops.cli.options import HOUR, AsJson, Comment, Key, Number, Reason, Timeout, Watching
from novaops.cli.session import begin


def add_to(app: typer.Typer) -> None:
    for command in (approve, reject, withdraw, acknowledge):
        app.command()(command)
    app.command("take-back")(take_back)


def approve(
    number: Number,
    comment: Comment = "",
    watching: Watching = False,
    timeout: Timeout = HOUR,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Approve what somebody else requested; the last approval that it needs sends it on."""
    session = begin(as_json)
    finish(session, session.client.post(f"operations/{number}/approve", {"comment": comment}, key), watching, timeout)


def reject(number: Number, comment: Comment, key: Key = "", as_json: AsJson = False) -> None:
    """Reject what somebody else requested: that ends it."""
    _say(number, "reject", {"comment": comment}, key, as_json)


def withdraw(number: Number, key: Key = "", as_json: AsJson = False) -> None:
    """Take your own approval back, before a worker begins."""
    _say(number, "withdraw", {}, key, as_json)


def acknowledge(number: Number, comment: Comment, key: Key = "", as_json: AsJson = False) -> None:
    """Say what you found in a break-glass that somebody else ran."""
    _say(number, "acknowledge", {"comment": comment}, key, as_json)


def take_back(number: Number, reason: Reason, key: Key = "", as_json: AsJson = False) -> None:
    """Plan the inverse of an operation that is done. It is run like any other."""
    session = begin(as_json)
    finish(session, session.client.post(f"operations/{number}/take-back", {"reason": reason}, key))


def _say(number: int, act: str, said: dict[str, str], key: str, as_json: bool) -> None:
    session = begin(as_json)
    finish(session, session.client.post(f"operations/{number}/{act}", said, key), well=True)
