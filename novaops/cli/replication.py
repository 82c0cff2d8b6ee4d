"""Who leads, who follows whom, and who led before. Stored values: no server is asked."""

from typing import Annotated, Any

import typer

from novaops.cli.options import AsJson
from novaops.cli.session import begin
from novaops.cli.words import Line, plain, table, when

Shard = Annotated[str, typer.Option(help="The name of a shard.")]
Name = Annotated[str, typer.Argument(help="The member's name.", metavar="MEMBER")]
Since = Annotated[str, typer.Option(help="A day, such as 2026-11-29 (UTC).")]
Until = Annotated[str, typer.Option(help="A day, such as 2026-11-30 (UTC).")]


def add_to(app: typer.Typer) -> None:
    app.command()(replication)
    app.command()(member)
    app.command()(etcd)
    app.command("leader-history")(leader_history)


def replication(shard: Shard = "", as_json: AsJson = False) -> None:
    """Every shard: what applications notice of it, who leads, who streams from whom."""
    session = begin(as_json)
    said = session.client.get("replication", {"shard": shard})
    session.printer.show(said, [line for one in said["shards"] for line in _shard(one)] or [plain("No shard.")])


def member(name: Name, as_json: AsJson = False) -> None:
    """One member: its lag, its tags, the oldest transactions on it."""
    session = begin(as_json)
    said = session.client.get(f"members/{name}")
    session.printer.show(said, [*table([_row(said)]), *_backends(said["facts"] or {})])


def etcd(as_json: AsJson = False) -> None:
    """What elects the leaders, and how many more of its members may be lost."""
    session = begin(as_json)
    said = session.client.get("etcd")
    lines = [line for one in said["clusters"] for line in _etcd(one)]
    session.printer.show(said, lines or [plain("No etcd is registered.")])


def leader_history(shard: Shard = "", since: Since = "", until: Until = "", as_json: AsJson = False) -> None:
    """Changes of leader, the newest first: by whom, how long writes were away, what was lost."""
    session = begin(as_json)
    said = session.client.get("leader-history", {"shard": shard, "since": since, "until": until})
    rows = [_switch(one) for one in said["switches"]]
    head = ("when", "shard", "leader", "asked for by", "writes away", "lost")
    session.printer.show(said, table([head, *rows]) if rows else [plain("No change of leader is known.")])


def _shard(one: dict[str, Any]) -> list[Line]:
    return [
        plain(f"{one['shard']}: {one['noticed']}", "bold"),
        *([_scheduled(one["scheduled_switchover"])] if one["scheduled_switchover"] else []),
        *table([_row(each) for each in one["members"]]),
        plain(""),
    ]


def _scheduled(one: dict[str, Any]) -> Line:
    who = (
        f"by operation {one['operation']} of {one['person']}" if one["operation"] else "no operation here asked for it"
    )
    to = f" to {one['candidate']}" if one["candidate"] else ""
    return plain(f"A switchover{to} is scheduled with Patroni for {when(one['at'])}: {who}.", "yellow")


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    lag = "leads" if one["role"] in ("leader", "standby_leader") else f"{_known(one['replay_lag_bytes'])} bytes behind"
    from_whom = f"from {one['follows']}" if one["follows"] else ""
    return one["name"], one["state"], one["role"] or "not listed", from_whom, lag


def _backends(facts: dict[str, Any]) -> list[Line]:
    busy = [one for one in facts.get("backends", ()) if one["transaction_seconds"] is not None]
    rows = [
        (str(one["pid"]), one["user"], one["state"], f"{one['transaction_seconds']:.0f} s", one["query"])
        for one in busy
    ]
    return [plain(""), *table(rows)] if rows else []


def _etcd(one: dict[str, Any]) -> list[Line]:
    rows = [(node["name"], node["state"], "leads" if node["leads"] else "", node["version"]) for node in one["nodes"]]
    return [plain(one["sentence"], "bold"), *table(rows)]


def _switch(one: dict[str, Any]) -> tuple[str, ...]:
    who = {None: "not known", False: "nobody, by itself", True: f"{one['person']} (operation {one['operation']})"}
    away = "not measured"
    if one["gap_least_seconds"] is not None:
        away = f"{one['gap_least_seconds']:.1f} to {one['gap_most_seconds']:.1f} s"
    leader = f"{one['old_leader'] or '?'} -> {one['new_leader'] or '?'}"
    return one["at"][:19], one["shard"], leader, who[one["asked_for"]], away, f"{_known(one['lost_bytes'])} bytes"


def _known(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
