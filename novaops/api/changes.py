"""The change log: list, one record, verify, export. Nothing here can change it."""

import os
from pathlib import Path as File
from typing import Annotated, Literal

from django.http import Http404, StreamingHttpResponse
from ninja import Path, Query, Router

from novaops.api.act_schemas import ProblemOut
from novaops.api.callers import callers_with
from novaops.api.change_schemas import ChangeFilters, ChangeOut, ChangesOut, VerdictOut
from novaops.api.paging import Limit, with_query
from novaops.audit import delivering
from novaops.audit.export_views import WAYS, exported
from novaops.audit.models import Record
from novaops.audit.selectors import filtered
from novaops.audit.verification import sentence_of
from novaops.audit.verifying import verify
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

router = Router(tags=["change log"], auth=callers_with(Right.READ_CHANGE_LOG))
Before = Annotated[int | None, Query(ge=1, description="Only records with a smaller number.")]
Form = Annotated[Literal["jsonl", "csv"], Query(description="JSON lines, or a zip file with a table.")]
Sequence = Annotated[int, Path(description="The record's number.")]
STREAMED = {"responses": {200: {"description": "OK", "content": {media: {"schema": {}} for _, media in WAYS.values()}}}}


@router.get("", response=ChangesOut, summary="Records of the change log, newest first")
def changes(
    request: FleetRequest, narrowed: Query[ChangeFilters], before: Before = None, limit: Limit = 50
) -> ChangesOut:
    records = filtered(narrowed.as_filters()).order_by("-sequence")
    records = records.filter(sequence__lt=before) if before else records
    rows = list(records[: limit + 1])
    following = with_query(request, before=rows[limit - 1].sequence) if len(rows) > limit else None
    return ChangesOut(next=following, changes=[ChangeOut(**row.exported) for row in rows[:limit]])


@router.get("verdict", response=VerdictOut, summary="Verify the whole chain, now")
def verdict(request: FleetRequest) -> VerdictOut:
    """Every hash is computed again, every checkpoint held against the chain; a long log takes some seconds."""
    found = verify(_copies(request.fleet.slug))
    same = {name: getattr(found, name) for name in VerdictOut.model_fields if hasattr(found, name)}
    return VerdictOut(**same, first_bad_record=found.sequence, sentence=sentence_of(found))


@router.get("export", openapi_extra=STREAMED, summary="Export with an inclusion proof, oldest first, streamed")
def export(request: FleetRequest, narrowed: Query[ChangeFilters], format: Form = "jsonl") -> StreamingHttpResponse:
    """Each line is exactly what was hashed, and the hash; the proof stands behind them. As `csv` it is a zip file with
    a table and the proof. That somebody exported is itself a record."""
    return exported(request, narrowed.as_filters(), format)


@router.get("{int:sequence}", response={200: ChangeOut, 404: ProblemOut}, summary="One record")
def change(request: FleetRequest, sequence: Sequence) -> ChangeOut:
    found = Record.objects.filter(sequence=sequence).first()
    if found is None:
        raise Http404(f"The change log has no record {sequence}.")
    return ChangeOut(**found.exported)


def _copies(fleet: str) -> list[File]:
    """The files with checkpoints that this host can read."""
    return [path for sink in delivering.files(fleet) if os.access(path := sink.path(fleet), os.R_OK)]
