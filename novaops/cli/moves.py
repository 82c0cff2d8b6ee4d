"""Moves of tenants: how far each is, and how fast it may go."""

from typing import Annotated, Any

import typer

from novaops.cli.exits import ExitCode
from novaops.cli.options import AsJson, Key, Limit, Number
from novaops.cli.problems import Problem
from novaops.cli.session import begin
from novaops.cli.words import Line, plain, table, word

moves = typer.Typer(help="Tenants on their way to another shard.", no_args_is_help=True, rich_markup_mode=None)
Phase = Annotated[str, typer.Option("--phase", help="Such as copying; open: all that are not over.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Part of a tenant's id.")]
Shard = Annotated[str, typer.Option("--shard", help="The name of a shard, on either side.")]
Megabytes = Annotated[
    float | None, typer.Option("--mb", metavar="MB", help="MB a second that are copied at most.", min=0.1)
]
Unlimited = Annotated[bool, typer.Option("--unlimited", help="As fast as it goes.")]
Begins = Annotated[str, typer.Option("--from", metavar="HH:MM", help="From when in the day it may copy and cut over.")]
Ends = Annotated[str, typer.Option("--until", metavar="HH:MM", help="Until when; the next day if that is earlier.")]
Always = Annotated[bool, typer.Option("--always", help="At any hour.")]
ZoneName = Annotated[str, typer.Option("--time-zone", help="Whose clock the hours follow, such as Europe/Berlin.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(moves, name="moves")


@moves.command("list")
def list_moves(
    tenant: Tenant = "", phase: Phase = "", shard: Shard = "", limit: Limit = 50, as_json: AsJson = False
) -> None:
    """Moves, the newest first."""
    session = begin(as_json)
    said = session.client.get("moves", {"q": tenant, "phase": phase, "shard": shard, "limit": limit})
    rows = [
        (str(one["operation"]), one["tenant_id"], f"{one['source']} -> {one['target']}", one["phase"], _copied(one))
        for one in said["moves"]
    ]
    session.printer.show(said, table(rows) if rows else [plain("No move.")])


@moves.command("show")
def show_move(number: Number, as_json: AsJson = False) -> None:
    """The move of operation N."""
    session = begin(as_json)
    said = session.client.get(f"moves/{number}")
    session.printer.show(said, _lines(said))


@moves.command("limit")
def limit_move(
    number: Number,
    megabytes: Megabytes = None,
    unlimited: Unlimited = False,
    begins: Begins = "",
    ends: Ends = "",
    always: Always = False,
    zone: ZoneName = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Turn how fast, and in which hours, the move of operation N copies. What is not told stays as it is."""
    wanted: dict[str, Any] = {}
    if megabytes is not None or unlimited:
        wanted["limit_mb"] = None if unlimited else megabytes
    if begins or ends or always:
        wanted |= {"hours_from": None if always else begins or None, "hours_until": None if always else ends or None}
    if zone:
        wanted["time_zone"] = zone
    if not wanted:
        raise Problem(ExitCode.INVALID, "Nothing to turn: give --mb or --unlimited, --from and --until, or --always.")
    session = begin(as_json)
    said = session.client.post(f"moves/{number}/limit", wanted, key)
    session.printer.show(said, _lines(said))


def _lines(one: dict[str, Any]) -> list[Line]:
    facts = [
        ("from, to", f"{one['source']}, {one['target']}"),
        ("copied", _copied(one)),
        ("rate", f"{_mb(one['bytes_per_second'])}/s, at most {_limit(one)}"),
        ("behind", f"{_mb(one['behind_bytes'])} of WAL, {_mb(one['held_bytes'])} held"),
        ("compared", "not yet" if one["rows_compared"] is None else f"{one['rows_compared']:,} rows"),
        ("pause", "no cutover yet" if one["pause_ms"] is None else f"{one['pause_ms']:.0f} ms"),
        ("way back until", one["way_back_until"] or "-"),
    ]
    return [[word(one["status"]), ("  ", ""), *plain(one["sentence"])], *table(facts)]


def _copied(one: dict[str, Any]) -> str:
    total = one["bytes_total"]
    share = f" ({one['bytes_copied'] / total:.0%})" if total else ""
    return f"{one['rows_copied']:,} rows, {_mb(one['bytes_copied'])}{share}"


def _limit(one: dict[str, Any]) -> str:
    limit = "as fast as it goes" if one["limit_mb"] is None else f"{one['limit_mb']:g} MB/s"
    if one["hours_from"] is None:
        return limit
    return f"{limit}, {one['hours_from'][:5]} to {one['hours_until'][:5]} {one['time_zone']}"


def _mb(size: float | None) -> str:
    return "-" if size is None else f"{size / 1e6:,.1f} MB"
