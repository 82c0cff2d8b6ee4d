"""The change log: list, one record, verify, export. Nothing here can change it."""

from typing import Annotated

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, StreamingHttpResponse
from ninja import Path, Query, Router

from novaops.api.act_schemas import ProblemOut
from novaops.api.callers import callers_with
from novaops.api.change_schemas import ChangeFilters, ChangeOut, ChangesOut, VerdictOut
from novaops.api.paging import Limit, with_query
from novaops.audit.export import batches, batches_async
from novaops.audit.models import Record
from novaops.audit.selectors import filtered
from novaops.audit.services import Actor, record
from novaops.audit.verifying import verify
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

router = Router(tags=["change log"], auth=callers_with(Right.READ_CHANGE_LOG))
Before = Annotated[int | None, Query(ge=1, description="Only records with a smaller number.")]
Sequence = Annotated[int, Path(description="The record's number.")]


@router.get("", response=ChangesOut, summary="Records of the change log, newest first")
def changes(
    request: FleetRequest, narrowed: Query[ChangeFilters], before: Before = None, limit: Limit = 50
) -> ChangesOut:
    records = filtered(narrowed.as_filters()).order_by("-sequence")
    records = records.filter(sequence__lt=before) if before else records
    rows = list(records[: limit + 1])
    following = with_query(request, before=rows[limit - 1].sequence) if len(rows) > limit else None
    return ChangesOut(next=following, changes=[ChangeOut.model_validate(row) for row in rows[:limit]])


@router.get("verdict", response=VerdictOut, summary="Verify the whole chain, now")
def verdict(request: FleetRequest) -> VerdictOut:
    """Every hash is computed again; a long change log takes some seconds."""
    found = verify()
    return VerdictOut(
        whole=found.whole,
        records=found.records,
        head=found.head,
        first_bad_record=found.sequence,
        problem=found.problem,
    )


@router.get("export", response={200: str}, summary="Export as JSON lines, oldest first, streamed")
def export(request: FleetRequest, narrowed: Query[ChangeFilters]) -> StreamingHttpResponse:
    """Each line is exactly what was hashed, and the hash. That somebody exported is itself a record."""
    filters = narrowed.as_filters()
    record("change log exported", "change-log", actor=Actor.person(request.user), data={"filters": filters.narrow})
    lines = batches_async if isinstance(request, ASGIRequest) else batches
    return StreamingHttpResponse(lines(request.fleet, filters), content_type="application/x-ndjson")


@router.get("{int:sequence}", response={200: ChangeOut, 404: ProblemOut}, summary="One record")
def change(request: FleetRequest, sequence: Sequence) -> Record:
    found = Record.objects.filter(sequence=sequence).first()
    if found is None:
        raise Http404(f"The change log has no record {sequence}.")
    return found
