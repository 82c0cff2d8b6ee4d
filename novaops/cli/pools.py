"""Pools: where they lead, and who waits. Stored values: no pool is asked."""

from typing import Annotated, Any

import typer

from novaops.cli.options import AsJson
from novaops.cli.session import begin
from novaops.cli.words import Line, plain, table

Name = Annotated[str, typer.Argument(help="One pool: its databases, clients and servers.", metavar="[POOL]")]
Shard = Annotated[str, typer.Option(help="The name of a shard.")]


def add_to(app: typer.Typer) -> None:
    app.command()(pools)


def pools(name: Name = "", shard: Shard = "", as_json: AsJson = False) -> None:
    """Every PgBouncer: where it leads and who waits; with a name, one of them in full."""
    session = begin(as_json)
    if name:
        said = session.client.get(f"pools/{name}")
        session.printer.show(said, _whole(said))
        return
    said = session.client.get("pools", {"shard": shard})
    head = ("pool", "state", "shard", "writes to", "clients", "waiting")
    rows = [_row(one) for one in said["pools"]]
    session.printer.show(said, table([head, *rows]) if rows else [plain("No pool is registered.")])


def _row(one: dict[str, Any]) -> tuple[Any, ...]:
    state = "paused" if one["paused"] else one["state"]
    return one["name"], state, one["shard"], ", ".join(one["writes_to"]) or "?", one["clients"], one["waiting"]


def _whole(one: dict[str, Any]) -> list[Line]:
    lines = [*table([_row(one)]), *(plain(sentence, "dim") for sentence in one["known"])]
    databases = [_database(each) for each in one["databases"]]
    if databases:
        head = ("database", "state", "leads to", "connections", "waiting")
        lines += [plain(""), *table([head, *databases])]
    told = one["connections"]
    for what in ("clients", "servers") if told else ():
        lines += [plain(""), plain(f"{told[f'{what}_total']:,} {what}", "bold")]
        lines += table([_connection(each) for each in told[what]]) if told[what] else []
    return lines


def _database(one: dict[str, Any]) -> tuple[Any, ...]:
    state = "paused" if one["paused"] else "disabled" if one["disabled"] else "active"
    leads = f"{one['database']} on {one['host']}:{one['port']}"
    return one["name"], state, leads, f"{one['connections']} of {one['pool_size']} for each user", one["waiting"]


def _connection(one: dict[str, Any]) -> tuple[Any, ...]:
    whose = f"process {one['remote_pid']}" if one["remote_pid"] else one["application"]
    return one["address"], one["state"], one["database"], one["user"], whose, f"{one['wait_seconds']:.1f} s"
