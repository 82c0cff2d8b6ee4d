"""Who is told of what: webhooks and e-mail, and what became of their deliveries."""

import sys
from typing import Annotated, Any

import typer

from novaops.cli.exits import ExitCode
from novaops.cli.options import AsJson, Key, Limit
from novaops.cli.problems import Problem
from novaops.cli.session import Session, begin
from novaops.cli.words import Line, plain, table, when

hooks = typer.Typer(help="Who is told of what, and how that goes.", no_args_is_help=True, rich_markup_mode=None)
Hook = Annotated[int, typer.Argument(metavar="N", help="The hook's number.", min=1)]
Delivery = Annotated[int, typer.Argument(metavar="N", help="The delivery's number.", min=1)]
Url = Annotated[str, typer.Option("--url", help="Where every event is sent to; - reads it from the standard input.")]
Mail = Annotated[list[str], typer.Option("--mail", metavar="ADDRESS", help="An e-mail address, several allowed.")]
Events = Annotated[list[str], typer.Option("--event", metavar="NAME", help="What it is told, several allowed.")]
Risks = Annotated[list[str], typer.Option("--risk", help="Only operations of this risk, several allowed.")]
Kinds = Annotated[list[str], typer.Option("--kind", help="Only operations of this kind, several allowed.")]
Status = Annotated[str, typer.Option("--status", help="pending, delivered or “given up”.")]
NewName = Annotated[str, typer.Option("--name", help="Another name.")]
NONE: list[str] = []


def add_to(app: typer.Typer) -> None:
    app.add_typer(hooks, name="hooks")


@hooks.command("list")
def list_hooks(as_json: AsJson = False) -> None:
    """Every hook, and how it does."""
    session = begin(as_json)
    said = session.client.get("hooks")
    rows = [(one["id"], one["state"], one["name"], one["receiver"], _waiting(one)) for one in said["hooks"]]
    session.printer.show(said, table(rows) if rows else [plain("No hook: nobody is told.")])


@hooks.command("show")
def show_hook(number: Hook, as_json: AsJson = False) -> None:
    """One hook: where it leads to, what it is told, how it does."""
    session = begin(as_json)
    _tell(session, session.client.get(f"hooks/{number}"))


@hooks.command("events")
def events(as_json: AsJson = False) -> None:
    """What a hook can be told; * are the usual ones."""
    session = begin(as_json)
    said = session.client.get("hooks/events")
    session.printer.show(said, table([("*" if one["usual"] else " ", one["name"]) for one in said["events"]]))


@hooks.command("add")
def add_hook(
    name: Annotated[str, typer.Argument(help="How lists and the change log call it.")],
    url: Url = "",
    mail: Mail = NONE,
    told: Events = NONE,
    risks: Risks = NONE,
    kinds: Kinds = NONE,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Make a hook: a webhook with --url, or e-mail with --mail. Without --event it is told the usual events.

    The secret that signs what a webhook is sent is printed this once.
    """
    if bool(url) == bool(mail):
        raise Problem(ExitCode.INVALID, "Give --url for a webhook, or --mail for e-mail.")
    session = begin(as_json)
    receiver = {"sort": "email" if mail else "webhook", "url": _address(url), "mail_to": mail}
    wanted = {"name": name, **receiver, "events": told or None, "risks": risks, "kinds": kinds}
    _tell(session, session.client.post("hooks", wanted, key))


@hooks.command("change")
def change_hook(
    number: Hook,
    name: NewName = "",
    url: Url = "",
    mail: Mail = NONE,
    told: Events = NONE,
    risks: Risks = NONE,
    kinds: Kinds = NONE,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Change a hook. What is not told stays as it is; a list that is told takes the place of the old one."""
    said = {"name": name, "url": _address(url), "mail_to": mail, "events": told, "risks": risks, "kinds": kinds}
    session = begin(as_json)
    changed = {field: value for field, value in said.items() if value}
    _tell(session, session.client.post(f"hooks/{number}/change", changed, key))


@hooks.command("delete")
def delete_hook(number: Hook, key: Key = "", as_json: AsJson = False) -> None:
    """Delete a disabled hook with its deliveries."""
    session = begin(as_json)
    said = session.client.post(f"hooks/{number}/delete", {}, key)
    session.printer.show(said, [plain(said["sentence"])])


@hooks.command("deliveries")
def deliveries(number: Hook, status: Status = "", limit: Limit = 50, as_json: AsJson = False) -> None:
    """What a hook was told, the newest first."""
    session = begin(as_json)
    said = session.client.get(f"hooks/{number}/deliveries", {"status": status, "limit": limit})
    rows = [
        (one["id"], one["status"], one["event"], one["subject"], one["attempts"], one["last_error"])
        for one in said["deliveries"]
    ]
    session.printer.show(said, table(rows) if rows else [plain("No delivery.")])


@hooks.command("send-again")
def send_again(number: Delivery, key: Key = "", as_json: AsJson = False) -> None:
    """Send a delivery again, under the same id."""
    session = begin(as_json)
    said = session.client.post(f"deliveries/{number}/again", {}, key)
    session.printer.show(said, [plain(f"Delivery {said['id']} ({said['event']}) is sent again.")])


ACTS = {
    "enable": "Enable a hook.",
    "disable": "Disable a hook; what waits is given up, its history stays.",
    "test": "Send a hook a test: a real delivery.",
    "renew-secret": "Sign with a new secret, which is printed this once; for a day everything is signed with both.",
}


def _acting(act: str) -> Any:
    def command(number: Hook, key: Key = "", as_json: AsJson = False) -> None:
        session = begin(as_json)
        _tell(session, session.client.post(f"hooks/{number}/{act}", {}, key))

    return command


for act, what in ACTS.items():
    hooks.command(act, help=what)(_acting(act))


def _address(url: str) -> str:
    """An address may hold what others must not see; a command line is seen by everybody of the machine."""
    return sys.stdin.readline().strip() if url == "-" else url


def _tell(session: Session, said: dict[str, Any]) -> None:
    session.printer.show(said, _hook(said))


def _hook(one: dict[str, Any]) -> list[Line]:
    lines = [plain(f"Hook {one['id']} “{one['name']}” is {one['state']}: {one['url'] or one['receiver']}", "bold")]
    lines.append(plain(f"  told of {', '.join(one['events'])}"))
    only = ", ".join([*one["risks"], *one["kinds"]])
    lines += [plain(f"  only for operations: {only}")] if only else []
    lines += [plain(f"  last delivered {when(one['delivered_at'])}")] if one["delivered_at"] else []
    lines += [plain(f"  {_waiting(one)}")] if one["waiting"] else []
    problem = one["disabled_because"] or one["last_error"]
    lines += [plain(f"  {problem}", "yellow")] if problem else []
    return [*lines, *_secret(one)]


def _secret(one: dict[str, Any]) -> list[Line]:
    if one.get("secret"):
        return [plain(f"  secret, told this once: {one['secret']}", "bold")]
    lost = "secret" in one and one["sort"] == "webhook"
    again = f"novaops hooks renew-secret {one['id']}"
    return [plain(f"  its secret was told by an answer that did not arrive: {again}", "yellow")] if lost else []


def _waiting(one: dict[str, Any]) -> str:
    return f"{one['waiting']:,} waiting" if one["waiting"] else "nothing waits"
