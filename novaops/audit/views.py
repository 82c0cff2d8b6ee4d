"""The auditor's pages: the list, one record, timelines. Nothing here can change anything."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from novaops.audit.filters import ENDINGS, field_values, filters_of
from novaops.audit.models import Record
from novaops.audit.paging import count_of, page_of
from novaops.audit.record_page import canonical_line, page_of_record
from novaops.audit.selectors import actors, filtered, kinds, verbs
from novaops.audit.timelines import page_of_timeline
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
        "times": field_values(filters),
    }
    return render(request, "audit/changes.html", context)


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def change(request: FleetRequest, sequence: int) -> HttpResponse:
    """One record, with whether its hash fits its content and its predecessor."""
    return render(request, "audit/change.html", page_of_record(get_object_or_404(Record, sequence=sequence)))


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def change_raw(request: FleetRequest, sequence: int) -> HttpResponse:
    """One record as canonical JSON, to be hashed by whoever does not believe the page."""
    line = canonical_line(get_object_or_404(Record, sequence=sequence))
    return HttpResponse(line, content_type="application/json")


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def timeline(request: FleetRequest, scope: str, name: str) -> HttpResponse:
    """Everything that touched a tenant, a shard, a person or another thing of the fleet."""
    return render(request, "audit/timeline.html", page_of_timeline(scope, name, request.GET))
