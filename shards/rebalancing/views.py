"""The page of a rebalance: what every shard carries, what would be done about it, and why. It plans from what is stored
and asks no server; the operation plans anew, from what the shards say then."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from pydantic import ValidationError

from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.forms import RequestForm, form_for
from novaops.operations.zones import zone_names
from shards.moves.planner import expected_seconds
from shards.moves.selectors import going
from shards.rebalancing.answer import Move, Rebalance, skew
from shards.rebalancing.charts import shares_figure
from shards.rebalancing.emptying import shares
from shards.rebalancing.facts import Wishes
from shards.rebalancing.kinds import Rebalancing
from shards.rebalancing.measuring import Load, stored
from shards.rebalancing.parameters import Measure, Options
from shards.rebalancing.planner import plan
from shards.rebalancing.problems import Contradiction

COUNTED_LIMIT = 300.0
SHOWN = 200


@dataclass(frozen=True, slots=True)
class MoveRow:
    move: Move
    busy: bool


@require_safe
@right_required(Right.VIEW)
def rebalance(request: FleetRequest) -> HttpResponse:
    form = form_for(Rebalancing())(request.GET or None)
    for name in ("reason", "ticket"):
        del form.fields[name]
    load, options = stored(), _options(form) if request.GET else Options()
    found = _planned(form, load, options) if options else None
    measure = options.measure if options else Measure.BYTES
    return render(request, "rebalancing/rebalance.html", _context(request, form, load, measure, options, found))


def _context(
    request: FleetRequest,
    form: RequestForm,
    load: Load,
    measure: Measure,
    options: Options | None,
    found: Rebalance | None,
) -> dict[str, object]:
    now = found.before if found else shares(load.shards, load.tenants, Wishes(mix=measure.mix))
    moves = found.moves if found else ()
    busy = going([move.tenant_id for move in moves])
    seconds = sum(expected_seconds(move.bytes, options.limit_mb) for move in moves) if options else 0.0
    return {
        "form": form,
        "found": found,
        "shares": now,
        "skew": skew(now),
        "goal": options.skew_percent / 100 if options else None,
        "figure": shares_figure(now, found.after if moves and found else ()),
        "rows": [MoveRow(move, move.tenant_id in busy) for move in moves[:SHOWN]],
        "seconds": seconds / min(options.at_once, max(1, len(moves))) if options else None,
        "measure": measure,
        "unmeasured": measure in (Measure.WRITES, Measure.MIX),
        "load": load,
        "limit": COUNTED_LIMIT,
        "zones": zone_names(),
        "may_move": Right.CHANGE_PLACEMENT in request.rights,
        "request_href": f"{fleet_path('operation-request', kind=Rebalancing.name)}?{request.GET.urlencode()}",
    }


def _options(form: RequestForm) -> Options | None:
    if not form.is_valid():
        return None
    try:
        return Options.model_validate(form.parameters)
    except ValidationError as error:
        for item in error.errors():
            name = str(item["loc"][0]) if item["loc"] else None
            cause = item.get("ctx", {}).get("error")
            form.add_error(name if name in form.fields else None, str(cause or item["msg"]))
    return None


def _planned(form: RequestForm, load: Load, options: Options) -> Rebalance | None:
    try:
        return plan(load.shards, load.tenants, options.wishes)
    except Contradiction as problem:
        form.add_error(None, str(problem)) if form.is_bound else None
    return None
