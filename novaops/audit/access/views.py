"""The access review as a page and as CSV."""

from collections.abc import AsyncIterator, Iterator

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from novaops.audit.access.review import UNUSED_AFTER, Reviewed, review
from novaops.audit.access.table import rows
from novaops.audit.csv_lines import csv_lines
from novaops.audit.services import Actor, record
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right


@require_safe
@right_required(Right.READ_CHANGE_LOG, Right.MANAGE_FLEET)
def access_review(request: FleetRequest) -> HttpResponse:
    everybody = review(request.fleet, timezone.now())
    marked = [one for one in everybody if one.marked]
    only_marked = request.GET.get("show") == "marked"
    context = {
        "people": marked if only_marked else everybody,
        "everybody": len(everybody),
        "marked": len(marked),
        "only_marked": only_marked,
        "everybody_shown": not only_marked,
        "days": UNUSED_AFTER.days,
        "crumbs": [("Change log", fleet_path("changes")), ("Access review", "")],
    }
    return render(request, "audit/access_review.html", context)


@require_safe
@right_required(Right.READ_CHANGE_LOG, Right.MANAGE_FLEET)
def access_review_csv(request: FleetRequest) -> StreamingHttpResponse:
    """Streamed; that somebody exported it is a record."""
    everybody = review(request.fleet, timezone.now())
    outcome = f"{len(everybody)} people with their roles and rights."
    record("access review exported", "access-review", actor=Actor.person(request.user), outcome=outcome)
    lines = _async_lines if isinstance(request, ASGIRequest) else _lines
    response = StreamingHttpResponse(lines(everybody), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{request.fleet.slug}-access-review.csv"'
    return response


def _lines(everybody: tuple[Reviewed, ...]) -> Iterator[str]:
    yield from csv_lines(rows(everybody))


async def _async_lines(everybody: tuple[Reviewed, ...]) -> AsyncIterator[str]:
    for line in csv_lines(rows(everybody)):
        yield line
