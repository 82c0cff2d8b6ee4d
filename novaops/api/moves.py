"""Moves of tenants: how far each is, and how fast it may go. Requested as operations of kind `tenant-move`."""

from dataclasses import replace
from typing import Annotated

from django.http import Http404
from django.utils import timezone
from ninja import Path, Query, Router
from ninja.decorators import decorate_view

from novaops.api.acting import REFUSALS
from novaops.api.callers import callers_with
from novaops.api.idempotency import once
from novaops.api.move_schemas import MoveOut, MovesOut, PaceIn
from novaops.api.paging import Limit, Offset, next_page
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from shards.moves import selectors
from shards.moves.models import Move
from shards.moves.page import MoveShown
from shards.moves.turning import pace_of, turn

router = Router(tags=["moves"])
MOVERS = callers_with(Right.CHANGE_PLACEMENT)
Number = Annotated[int, Path(description="The number of the operation that moves the tenant.")]
Phase = Annotated[str, Query(description="Such as `copying`; `open`: all that are not over.")]
Tenant = Annotated[str, Query(description="Part of a tenant's id.")]
Shard = Annotated[str, Query(description="The name of a shard, on either side.")]
OWN = frozenset({"operation", "status", "source", "target", "sentence", "seconds_left"})


@router.get("moves", response=MovesOut, summary="Moves of tenants, the newest first")
def moves(
    request: FleetRequest, q: Tenant = "", phase: Phase = "", shard: Shard = "", limit: Limit = 50, offset: Offset = 0
) -> MovesOut:
    found = selectors.moves(q, phase, shard)
    count = found.count()
    rows = [_shown(one) for one in found[offset : offset + limit]]
    return MovesOut(count=count, next=next_page(request, offset, limit, count), moves=rows)


@router.get("moves/{int:pk}", response={200: MoveOut, 404: REFUSALS[404]}, summary="One move", url_name="move")
def move(request: FleetRequest, pk: Number) -> MoveOut:
    return _shown(_found(pk))


@router.post("moves/{int:pk}/limit", response={200: MoveOut, **REFUSALS}, summary="Turn a move's pace", auth=MOVERS)
@decorate_view(once)
def limit_move(request: FleetRequest, pk: Number, wanted: PaceIn) -> MoveOut:
    """From now on. The stream of changes is never held back."""
    found = _found(pk)
    told = wanted.model_dump(exclude_unset=True)
    if told.get("time_zone", "") is None:
        del told["time_zone"]
    return _shown(turn(found, replace(pace_of(found), **told), request.user))


def _found(pk: int) -> Move:
    found = selectors.move_of(pk)
    if found is None:
        raise Http404(f"Operation {pk} has moved no tenant of this fleet.")
    return found


def _shown(move: Move) -> MoveOut:
    shown = MoveShown(move, timezone.now())
    stored = {name: getattr(move, name) for name in MoveOut.model_fields if name not in OWN}
    return MoveOut(
        operation=move.operation_id,
        status=move.operation.status,
        source=move.source.name,
        target=move.target.name,
        sentence=f"{shown.title}. {shown.sentence}".strip(),
        seconds_left=shown.seconds_left,
        **stored,
    )
