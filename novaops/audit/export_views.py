"""The change log as a table."""

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from novaops.audit.export_csv import batches, batches_async
from novaops.audit.filters import filters_of
from novaops.audit.services import Actor, record
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def export_table(request: FleetRequest) -> StreamingHttpResponse:
    """A zip file, streamed, with the table and the proof; that somebody exported is a record too."""
    filters = filters_of(request.GET)
    record("change log exported", "change-log", actor=Actor.person(request.user), data={"filters": filters.narrow})
    blocks = batches_async if isinstance(request, ASGIRequest) else batches
    response = StreamingHttpResponse(blocks(request.fleet, filters), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{request.fleet.slug}-changes.zip"'
    return response
