"""The change log to take along, as JSON lines or as a table: one road for the pages and the API."""

from types import ModuleType

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from novaops.audit import export, export_csv
from novaops.audit.filters import Filters, filters_of
from novaops.audit.services import Actor, record
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

WAYS: dict[str, tuple[ModuleType, str]] = {
    "jsonl": (export, "application/x-ndjson"),
    "csv": (export_csv, "application/zip"),
}
"""How each form is written, and its media type."""


def exported(request: FleetRequest, filters: Filters, form: str) -> StreamingHttpResponse:
    """Streamed, with its proof; that somebody exported is a record too, and in the export if the filters let it in."""
    record("change log exported", "change-log", actor=Actor.person(request.user), data={"filters": filters.narrow})
    way, media = WAYS[form]
    blocks = way.batches_async if isinstance(request, ASGIRequest) else way.batches
    return StreamingHttpResponse(blocks(request.fleet, filters), content_type=media)


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def export_lines(request: FleetRequest) -> StreamingHttpResponse:
    return _file(request, "jsonl", "jsonl")


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def export_table(request: FleetRequest) -> StreamingHttpResponse:
    """A zip file with the table and the proof."""
    return _file(request, "csv", "zip")


def _file(request: FleetRequest, form: str, ending: str) -> StreamingHttpResponse:
    response = exported(request, filters_of(request.GET), form)
    response["Content-Disposition"] = f'attachment; filename="{request.fleet.slug}-changes.{ending}"'
    return response
