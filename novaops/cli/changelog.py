"""Reading, verifying and exporting the change log."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from novaops.cli.clock import moment
from novaops.cli.exits import ExitCode
from novaops.cli.options import Actor, AsJson, Limit, Since, Subject, Text, Until, Verb
from novaops.cli.session import Session, begin
from novaops.cli.words import Line, plain, table

changes = typer.Typer(help="The change log: its newest records, or one of them.", rich_markup_mode=None)
Sequence = Annotated[int, typer.Argument(metavar="N", help="The record's number.", min=1)]


def add_to(app: typer.Typer) -> None:
    app.add_typer(changes, name="changes")
    app.command()(verify)
    app.command()(export)


@changes.callback(invoke_without_command=True)
def newest(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_changes()


@changes.command("list")
def list_changes(
    actor: Actor = "",
    verb: Verb = "",
    subject: Subject = "",
    since: Since = "",
    until: Until = "",
    text: Text = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """The newest records, narrowed down."""
    session = begin(as_json)
    said = session.client.get("changes", {**_filters(actor, verb, subject, since, until, text), "limit": limit})
    rows = [(one["sequence"], one["at"][:19], one["actor"], one["verb"], one["subject"]) for one in said["changes"]]
    session.printer.show(said, table(rows) if rows else [plain("No record.")])


@changes.command("show")
def show(number: Sequence, as_json: AsJson = False) -> None:
    """One record, with all that it says."""
    session = begin(as_json)
    said = session.client.get(f"changes/{number}")
    session.printer.show(said, _record(said))


def verify(as_json: AsJson = False) -> None:
    """Let the console verify the change log: each hash, each checkpoint. Ends with 4 when a record is bad."""
    session = begin(as_json)
    said = session.client.get("changes/verdict", read=600)
    head = [plain(f"  head {said['head']}")] if said["whole"] else []
    session.printer.show(said, [plain(said["sentence"], "green" if said["whole"] else "red"), *head])
    raise typer.Exit(ExitCode.OK if said["whole"] else ExitCode.FAILED)


def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; - is the standard output.")],
    csv: Annotated[bool, typer.Option("--csv", help="A zip file with a table instead of JSON lines.")] = False,
    actor: Actor = "",
    verb: Verb = "",
    subject: Subject = "",
    since: Since = "",
    until: Until = "",
    text: Text = "",
    as_json: AsJson = False,
) -> None:
    """Write the change log, or a part of it, to a file, oldest first. That it was exported is recorded."""
    session = begin(as_json)
    query = {**_filters(actor, verb, subject, since, until, text), "format": "csv" if csv else "jsonl"}
    pieces = session.client.lines("changes/export", query)
    if file == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    _tell(session, Path(file), _written(pieces, Path(file)))


def _tell(session: Session, path: Path, size: int) -> None:
    said = {"file": str(path), "bytes": size}
    session.printer.show(said, [plain(f"Wrote {size:,} bytes to {path}.")])


def _written(pieces: Iterator[bytes], path: Path) -> int:
    """All of it or nothing: what broke off leaves the file as it was."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            size = _copied(pieces, out)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return size


def _copied(pieces: Iterator[bytes], out: BinaryIO) -> int:
    return sum(out.write(piece) for piece in pieces)


def _filters(actor: str, verb: str, subject: str, since: str, until: str, text: str) -> dict[str, Any]:
    times = {"since": moment(since), "until": moment(until)}
    return {"actor": actor, "verb": verb, "subject": subject, "q": text, **times}


def _record(said: dict[str, Any]) -> list[Line]:
    lines = [plain(f"Record {said['sequence']}: {said['verb']} {said['subject']}", "bold")]
    lines.append(plain(f"  {said['at']}  {said['actor']} ({said['actor_kind']})"))
    if said["outcome"]:
        lines.append(plain(f"  {said['outcome']}"))
    lines += [plain(f"  {line}") for line in json.dumps(said["data"], indent=2, ensure_ascii=False).splitlines()]
    return [*lines, plain(f"  hash {said['hash']}"), plain(f"  follows {said['previous_hash']}")]
