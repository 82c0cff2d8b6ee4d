"""Requesting, running, watching and stopping operations."""

import json
from typing import Annotated, Any

import typer

from novaops.cli.clock import moment
from novaops.cli.exits import ExitCode, of_operation, of_preview
from novaops.cli.options import HOUR, AsJson, Key, Limit, Number, Phrase, Reason, Text, Timeout, Watching, Yes, Zone
from novaops.cli.printing import may_ask
from novaops.cli.problems import Problem
from novaops.cli.session import Session, begin
from novaops.cli.watching import watch as follow
from novaops.cli.words import Line, operation, operations, plain, previewed, table

Parameter = Annotated[
    list[str], typer.Option("--set", metavar="NAME=VALUE", help="A parameter, several allowed; a list as JSON.")
]
KindName = Annotated[str, typer.Argument(metavar="[KIND]", help="One kind, with its parameters.")]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="When it is to start, such as “2026-11-25 03:00”.")]
Glass = Annotated[bool, typer.Option("--break-glass", help="At once, without approvals and despite freezes.")]


def add_to(app: typer.Typer) -> None:
    app.command()(kinds)
    app.command()(preview)
    app.command()(request)
    app.command()(plan)
    app.command()(run)
    app.command()(watch)
    app.command("operations")(list_operations)
    for name, what in STOPS.items():
        app.command(name, help=what)(_stopping(name))


def kinds(name: KindName = "", as_json: AsJson = False) -> None:
    """What can be requested, and with which parameters."""
    session = begin(as_json)
    if name:
        said = session.client.get(f"kinds/{name}")
        session.printer.show(said, _kind(said))
        return
    said = session.client.get("kinds")
    session.printer.show(said, table([(one["name"], one["risk"], one["title"]) for one in said["kinds"]]))


def preview(
    kind: Annotated[str, typer.Argument(help="Its name; `novaops kinds` lists them.")],
    parameters: Parameter = [],  # noqa: B006  (typer's own way of saying “none”)
    as_json: AsJson = False,
) -> None:
    """Show what a request would plan: checks, blast radius and steps. Nothing is stored or recorded."""
    session = begin(as_json)
    said = session.client.post("operations/preview", {"kind": kind, "parameters": dict(map(_pair, parameters))})
    session.printer.show(said, previewed(said))
    raise typer.Exit(of_preview(said))


def request(
    kind: Annotated[str, typer.Argument(help="Its name; `novaops kinds` lists them.")],
    reason: Reason,
    parameters: Parameter = [],  # noqa: B006  (typer's own way of saying “none”)
    ticket: Annotated[str, typer.Option(help="The change ticket, where the fleet asks for one.")] = "",
    phrase: Phrase = None,
    yes: Yes = False,
    watching: Watching = False,
    timeout: Timeout = HOUR,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Plan an operation against the live fleet. Nothing is changed before it is run.

    With --confirm or --yes it is run at once, and followed with --watch.
    """
    session = begin(as_json)
    said = {"kind": kind, "parameters": dict(map(_pair, parameters)), "reason": reason, "ticket": ticket}
    planned = session.client.post("operations", said, key)
    if planned["status"] == "planned" and (yes or phrase is not None):
        planned = _confirmed(session, planned, {"typed": _typed(planned, phrase, yes)}, f"{key}.run" if key else "")
    finish(session, planned, watching, timeout)


def plan(number: Number, as_json: AsJson = False) -> None:
    """Show one operation: its plan with checks, blast radius, steps and fingerprint, and what became of it."""
    session = begin(as_json)
    finish(session, session.client.get(f"operations/{number}"))


def run(
    number: Number,
    phrase: Phrase = None,
    yes: Yes = False,
    at: At = "",
    zone: Zone = "UTC",
    break_glass: Glass = False,
    watching: Watching = False,
    timeout: Timeout = HOUR,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Confirm a plan: it runs at once, at its time, or when it is approved. A terminal is asked for its phrase."""
    session = begin(as_json)
    planned = session.client.get(f"operations/{number}")
    if planned["status"] != "planned" and not key:
        # The console refuses it in its own words; nobody has to type anything for that.
        phrase = phrase or ""
    elif phrase is None and may_ask() and not as_json:
        session.printer.lines(operation(planned))
    order = {"due_at": moment(at, zone), "time_zone": zone, "break_glass": break_glass}
    order["typed"] = _typed(planned, phrase, yes)
    finish(session, _confirmed(session, planned, order, key), watching, timeout)


def watch(number: Number, timeout: Timeout = HOUR, as_json: AsJson = False) -> None:
    """Follow an operation until it ends: each step with its progress, rate and time left."""
    session = begin(as_json)
    finish(session, session.client.get(f"operations/{number}"), True, timeout)


def list_operations(
    status: Annotated[str, typer.Option(help="Such as running.")] = "",
    kind: Annotated[str, typer.Option(help="The name of a kind.")] = "",
    text: Text = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What runs, then what waits for a person, then the newest."""
    session = begin(as_json)
    said = session.client.get("operations", {"status": status, "kind": kind, "q": text, "limit": limit})
    session.printer.show(said, operations(said["operations"]))


STOPS = {
    "pause": "Ask a running operation to rest at its next safe point.",
    "resume": "Let a paused operation go on.",
    "cancel": "Cancel an operation, or ask a running one to stop and to take back what it did.",
}


def _stopping(name: str) -> Any:
    def stop(
        number: Number, watching: Watching = False, timeout: Timeout = HOUR, key: Key = "", as_json: AsJson = False
    ) -> None:
        session = begin(as_json)
        told = session.client.post(f"operations/{number}/{name}", {}, key)
        # That it is cancelled now is what was asked for.
        finish(session, told, watching, timeout, well=not watching)

    return stop


def finish(
    session: Session, shown: dict[str, Any], watching: bool = False, timeout: float = HOUR, well: bool = False
) -> None:
    """Follows it, or shows it as it is; ends the command with the code that says how it stands."""
    if watching:
        raise typer.Exit(follow(session.client, session.printer, shown, timeout))
    session.printer.show(shown, operation(shown))
    raise typer.Exit(ExitCode.OK if well else of_operation(shown))


def _confirmed(session: Session, planned: dict[str, Any], order: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = session.client.post(f"operations/{planned['id']}/confirm", order, key)
    return found


def _typed(planned: dict[str, Any], phrase: str | None, yes: bool) -> str:
    """What was given; on a terminal, what is typed now."""
    wanted = planned["confirm"]
    if phrase is not None or (yes and not wanted):
        return phrase or ""
    if not may_ask():
        how = f"--confirm '{wanted}'" if wanted else "--yes"
        raise Problem(ExitCode.INVALID, f"Nobody is there to be asked: give {how} to run operation {planned['id']}.")
    if wanted:
        return str(typer.prompt(f"Type “{wanted}” to run it", err=True))
    typer.confirm("Run it?", abort=True, err=True)
    return ""


def _pair(text: str) -> tuple[str, Any]:
    """name=value; a value that is a JSON list or object is taken as that."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise Problem(ExitCode.INVALID, f"--set takes NAME=VALUE, not {text!r}.")
    try:
        return name, json.loads(value) if value.startswith(("[", "{")) else value
    except ValueError:
        return name, value


def _kind(said: dict[str, Any]) -> list[Line]:
    lines = [plain(f"{said['name']}: {said['title']} (risk {said['risk']}, right {said['right']})", "bold")]
    lines.append(plain(f"  {said['description']}"))
    required = said["parameters"].get("required", ())
    for name, shape in said["parameters"].get("properties", {}).items():
        must = "required" if name in required else f"default {json.dumps(shape.get('default'))}"
        must = f"{shape['x-unit']}, {must}" if "x-unit" in shape else must
        lines.append(plain(f"  --set {name}=  {shape.get('description') or shape.get('title', '')} ({must})"))
        if chosen := [value for value, _ in said["choices"].get(name, ())][:20] or shape.get("enum"):
            lines.append(plain(f"      one of {', '.join(map(str, chosen))}", "dim"))
    return lines
