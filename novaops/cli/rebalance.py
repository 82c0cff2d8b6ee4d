"""Who would have to move for every shard to carry its share."""

from typing import Annotated, Any

import typer

from novaops.cli.options import AsJson
from novaops.cli.session import begin
from novaops.cli.words import Line, plain, table

Measure = Annotated[str, typer.Option("--measure", help="What counts: bytes, vms, writes or mix.")]
Goal = Annotated[float, typer.Option("--skew", metavar="PERCENT", help="By how much a shard may be above its share.")]
Most = Annotated[int, typer.Option("--moves", help="Moves at most.")]
MostGb = Annotated[float | None, typer.Option("--gb", help="GB at most, all moves together.")]
Pins = Annotated[str, typer.Option("--pin", metavar="PINS", help="Who has to be where: “acme=shard-2, blue=shard-1”.")]
Together = Annotated[str, typer.Option("--together", metavar="SETS", help="Sets of tenants: “acme blue; red green”.")]
Apart = Annotated[str, typer.Option("--apart", metavar="SETS", help="Sets of tenants, each on a shard of its own.")]


def add_to(app: typer.Typer) -> None:
    app.command()(rebalance)


def rebalance(
    measure: Measure = "bytes",
    goal: Goal = 10,
    most: Most = 20,
    most_gb: MostGb = None,
    pins: Pins = "",
    together: Together = "",
    apart: Apart = "",
    as_json: AsJson = False,
) -> None:
    """Who would move, and why; nothing is changed. `novaops request rebalance` requests it, with the same options."""
    session = begin(as_json)
    asked = {"measure": measure, "skew_percent": goal, "most_moves": most, "pins": pins, "together": together}
    said = session.client.get("rebalance", {**asked, "apart": apart, "most_gb": "" if most_gb is None else most_gb})
    session.printer.show(said, _lines(said))


def _lines(said: dict[str, Any]) -> list[Line]:
    after = {one["shard"]: one for one in said["after"]}
    rows = [("shard", "load", "its share", "after")] + [
        (one["shard"], _share(one["load"]), _share(one["fair"]), _share(after[one["shard"]]["load"]))
        for one in said["before"]
    ]
    lines = [*table(rows), plain("")]
    if said["problem"]:
        return [*lines, plain(said["problem"], "red")]
    moves = [plain(f"{one['tenant_id']}  {one['source']} -> {one['target']}  {one['why']}") for one in said["moves"]]
    return [
        *lines,
        *(moves or [plain("Nobody has to move.", "green")]),
        *(plain(note, "dim") for note in said["notes"]),
    ]


def _share(part: float) -> str:
    return f"{part:.1%}"
