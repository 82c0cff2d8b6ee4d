"""The auditor's pages: the list, one record, the export. Nothing here can change anything."""

import json

from django.core.handlers.asgi import ASGIRequest
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from novaops.audit.export import batches, batches_async
from novaops.audit.models import Record
from novaops.audit.selectors import actors, filtered, filters_of, verbs
from novaops.audit.services import Actor, record
from novaops.audit.verifying import fault
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

PER_PAGE = 50


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def changes(request: FleetRequest) -> HttpResponse:
    filters = filters_of(request.GET)
    page = Paginator(filtered(filters), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "filters": filters, "verbs": verbs(), "actors": actors(), "query": request.GET}
    return render(request, "audit/changes.html", context)


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def change(request: FleetRequest, sequence: int) -> HttpResponse:
    """One record, with whether its hash fits its content and its predecessor."""
    entry = get_object_or_404(Record, sequence=sequence)
    before = Record.objects.filter(sequence=sequence - 1).first()
    problem = fault(entry, sequence, before.hash if before else entry.previous_hash)
    following = Record.objects.filter(sequence=sequence + 1).first()
    detail = json.dumps(entry.data, indent=2, ensure_ascii=False, sort_keys=True) if entry.data else ""
    context = {"entry": entry, "before": before, "following": following, "problem": problem, "detail": detail}
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
