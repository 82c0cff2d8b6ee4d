"""What the fleet's servers answered, and what a person should know. Stored values: no server is asked."""

import shlex
from typing import Annotated, Any

import typer

from novaops.cli.options import AsJson
from novaops.cli.session import begin
from novaops.cli.words import Line, plain, table, word

Kind = Annotated[str, typer.Option(help="Such as patroni.")]
Shard = Annotated[str, typer.Option(help="The name of a shard.")]


def add_to(app: typer.Typer) -> None:
    app.command()(servers)
    app.command()(findings)


def servers(kind: Kind = "", shard: Shard = "", as_json: AsJson = False) -> None:
    """Every server with its state, and how old that is."""
    session = begin(as_json)
    said = session.client.get("servers", {"kind": kind, "shard": shard})
    rows = [(f"{one['kind']}/{one['name']}", one["state"], one["address"], _age(one)) for one in said["servers"]]
    session.printer.show(said, table(rows) if rows else [plain("No server.")])


def findings(as_json: AsJson = False) -> None:
    """What a person should know now, the worst first."""
    session = begin(as_json)
    said = session.client.get("findings")
    lines = [line for one in said["findings"] for line in _finding(one)]
    session.printer.show(said, lines or [plain("Nothing to tell: the fleet is well.", "green")])


def _finding(one: dict[str, Any]) -> list[Line]:
    line: Line = [word(one["severity"]), ("  ", ""), *plain(one["sentence"])]
    rest = [plain(f"    {one['next_step']}", "dim")] if one["next_step"] else []
    return [line, *rest, *([plain(f"    {_request(one['remedy'])}", "dim")] if one.get("remedy") else [])]


def _request(remedy: dict[str, Any]) -> str:
    told = [f"--set {shlex.quote(f'{name}={value}')}" for name, value in remedy["parameters"].items()]
    return " ".join(["novaops request", remedy["kind"], *told, "--reason ..."])


def _age(server: dict[str, Any]) -> str:
    """Of its oldest good answer, and why the last one was none."""
    ages = [one["age_seconds"] for one in server["readings"] if one["age_seconds"] is not None]
    causes = [one["cause"] for one in server["readings"] if one["cause"]]
    return " ".join([f"{max(ages):.0f} s old" if ages else "never answered", *causes[:1]])
