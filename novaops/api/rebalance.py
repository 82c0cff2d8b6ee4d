"""Who would have to move for every shard to carry its share. Carried out as an operation of kind `rebalance`."""

from typing import Annotated

from ninja import Query, Router
from pydantic import ValidationError

from novaops.api.rebalance_schemas import PlannedMoveOut, RebalanceOut, ShareOut
from novaops.fleets.requests import FleetRequest
from novaops.operations.problems import Invalid
from shards.moves.selectors import going
from shards.rebalancing.answer import Rebalance, ShardShare, skew
from shards.rebalancing.emptying import shares
from shards.rebalancing.facts import Wishes
from shards.rebalancing.measuring import Load, stored
from shards.rebalancing.parameters import Options
from shards.rebalancing.planner import plan
from shards.rebalancing.problems import Contradiction

router = Router(tags=["moves"])
Measure = Annotated[str, Query(description="What counts: `bytes`, `vms`, `writes` or `mix`.")]
Goal = Annotated[float, Query(description="By how much a shard may be above its share, in percent.")]
Most = Annotated[int, Query(description="Moves at most.")]
MostGb = Annotated[float | None, Query(description="GB at most, all moves together.")]
Pins = Annotated[str, Query(description="Who has to be where: `acme=shard-2, blue=shard-1`.")]
Sets = Annotated[str, Query(description="Sets of tenants: `acme blue; red green`.")]


@router.get("rebalance", response=RebalanceOut, summary="Who would move, and why")
def rebalance(
    request: FleetRequest,
    measure: Measure = "bytes",
    skew_percent: Goal = 10,
    most_moves: Most = 20,
    most_gb: MostGb = None,
    pins: Pins = "",
    together: Sets = "",
    apart: Sets = "",
) -> RebalanceOut:
    """Planned from what was counted last; no server is asked. Who writes how much is known to the operation alone."""
    told = {"measure": measure, "skew_percent": skew_percent, "most_moves": most_moves, "most_gb": most_gb}
    options = _options({**told, "pins": pins, "together": together, "apart": apart})
    load = stored()
    try:
        return _shown(load, plan(load.shards, load.tenants, options.wishes))
    except Contradiction as problem:
        now = shares(load.shards, load.tenants, Wishes(mix=options.wishes.mix))
        return _shown(load, Rebalance((), now, now), str(problem))


def _options(told: dict[str, object]) -> Options:
    try:
        return Options.model_validate(told)
    except ValidationError as error:
        fields = {str(item["loc"][0]): str(item.get("ctx", {}).get("error") or item["msg"]) for item in error.errors()}
        raise Invalid(" ".join(f"{name}: {why}" for name, why in fields.items()), fields) from error


def _shown(load: Load, found: Rebalance, problem: str = "") -> RebalanceOut:
    busy = going([move.tenant_id for move in found.moves])
    names = ("tenant_id", "source", "target", "bytes", "share", "reason", "why")
    return RebalanceOut(
        counted_at=load.counted_at,
        problem=problem,
        skew_before=skew(found.before),
        skew_after=skew(found.after),
        bytes=found.bytes,
        before=[_share(one) for one in found.before],
        after=[_share(one) for one in found.after],
        moves=[
            PlannedMoveOut(**{name: getattr(move, name) for name in names}, busy=move.tenant_id in busy)
            for move in found.moves
        ],
        notes=list(found.notes),
    )


def _share(one: ShardShare) -> ShareOut:
    names = ("load", "fair", "tenants", "bytes")
    over = one.over if one.fair else None
    return ShareOut(shard=one.name, over=over, **{name: getattr(one, name) for name in names})
