"""The page of the change stream, and its one setting. It reads what is stored and asks no server."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from caching.stream import charts, samples, selectors
from caching.stream.forms import GIB, BoundForm
from caching.stream.giving_up import most_wal_bytes
from caching.stream.services import set_bound
from caching.stream.verdict import verdict
from metrics import findings
from metrics.contract.snapshot import OLD_AFTER_CYCLES
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

SPANS = {"30m": ("30 minutes", 30), "6h": ("6 hours", 360), "24h": ("24 hours", 1440)}


@require_safe
@right_required(Right.VIEW)
def change_stream(request: FleetRequest) -> HttpResponse:
    chosen = request.GET.get("span", "")
    span = chosen if chosen in SPANS else "30m"
    seen = snapshot()
    since = seen.at - timedelta(minutes=SPANS[span][1])
    stream = selectors.stream_of(seen, selectors.fleet_slug())
    spans = [(key, label, key == span) for key, (label, _) in SPANS.items()]
    context = {
        "stream": stream,
        "verdict": verdict(stream),
        "found": [one for one in findings.current(seen, seen.at) if one.page == "change-stream"],
        "per_second": selectors.invalidations_per_second(seen.at),
        "busiest": selectors.busiest(since),
        "plots": {
            "delay": charts.delay(samples.over_time("delay_seconds", since)),
            "held": charts.held(samples.over_time("held_bytes", since)),
            "backlog": charts.backlog(selectors.backlogs(stream, since)),
            "invalidations": charts.invalidations(samples.over_time("invalidations_total", since)),
            "changes": charts.changes(selectors.per_minute(since)),
        },
        "spans": render_to_string("caching/_spans.html", {"spans": spans}),
        "span_label": SPANS[span][0],
        "limit": seen.cycle_seconds * OLD_AFTER_CYCLES,
        "bound": most_wal_bytes(),
        "form": BoundForm(initial={"most_wal_gib": round(most_wal_bytes() / GIB, 2)}),
        "at": min(
            (one.slot_seen.good_at for one in stream.shards if one.slot_seen and one.slot_seen.good_at), default=None
        ),
    }
    return render(request, "caching/stream.html", context)


@require_POST
@right_required(Right.MANAGE_FLEET)
def set_wal_bound(request: FleetRequest) -> HttpResponse:
    form = BoundForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for several in form.errors.values() for one in several))
    elif set_bound(form.bytes, request.user):
        messages.success(request, "Slots of the change stream are measured by that from now on.")
    else:
        messages.info(request, "It is so already.")
    return redirect(fleet_path("change-stream"))
