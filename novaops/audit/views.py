"""The auditor's pages: the list, one record, the export. Nothing here can change anything."""

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from novaops.audit.export import batches, batches_async
from novaops.audit.filters import ENDINGS, filters_of
from novaops.audit.models import Record
from novaops.audit.paging import count_of, page_of
from novaops.audit.selectors import actors, filtered, kinds, verbs
from novaops.audit.services import Actor, record
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def changes(request: FleetRequest) -> HttpResponse:
    filters = filters_of(request.GET)
    found = filtered(filters)
    page = page_of(found, request.GET)
    context = {
        "page": page,
        "count": count_of(found, page, bool(filters.narrow)),
        "filters": filters,
        "query": request.GET,
        "verbs": verbs(),
        "actors": actors(),
        "kinds": kinds(),
        "endings": ENDINGS,
    }
    return render(request, "audit/changes.html", context)
def change(request: FleetRequest, sequence: int) -> HttpResponse:
    """One record, with whether its hash fits its content and its predecessor."""
    entry = get_object_or_404(Record, sequence=sequence)
    before = Record.objects.filter(sequence=sequence - 1).first()
    problem = fault(entry, sequence, before.hash if before else entry.previous_hash)
    following = Record.objects.filter(sequence=sequence + 1).first()
    context = {"entry": entry, "before": before, "following": following, "problem": problem, **_shown(entry)}
    return render(request, "audit/change.html", context)


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def export(request: FleetRequest) -> StreamingHttpResponse:
    """JSON lines, streamed; that somebody exported is a record too, and the last one in the export."""
    filters = filters_of(request.GET)
    record("change log exported", "change-log", actor=Actor.person(request.user), data={"filters": filters.narrow})
    lines = batches_async if isinstance(request, ASGIRequest) else batches
    response = StreamingHttpResponse(lines(request.fleet, filters), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{request.fleet.slug}-changes.jsonl"'
    return response


def _shown(entry: Record) -> dict[str, Any]:
    """The record's words; a plan among its details is shown as a plan."""
    rest = {name: value for name, value in entry.data.items() if name != "plan"}
    number = re.match(r"operation:(\d+)", entry.subject)
    return {
        "title": f"Record {entry.sequence}: {entry.verb}",
        "crumbs": [("Change log", fleet_path("changes")), (f"Record {entry.sequence}", "")],
        "operation": int(number[1]) if number else None,
        "plan": entry.data.get("plan"),
        "detail": json.dumps(rest, indent=2, ensure_ascii=False, sort_keys=True) if rest else "",
    }
