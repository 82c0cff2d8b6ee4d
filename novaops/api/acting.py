"""The act road: request, confirm, cancel, and what became of it. The services check rights, record and refuse."""

from typing import Annotated

from django.http import HttpResponseBase
from ninja import Router
from ninja.responses import Status
from pydantic import Field

from novaops.api.act_schemas import ConfirmationIn, OperationIn, OperationOut, OperationsOut, ProblemOut
from novaops.api.finding import operation_or_404
from novaops.api.paging import Limit, Offset, next_page
from novaops.api.shown import line, shown
from novaops.api.waiting import LONGEST, answer_when_changed
from novaops.fleets.requests import FleetRequest
from novaops.operations import services
from novaops.operations.selectors import running_first

router = Router(tags=["act"])
Wait = Annotated[float, Field(ge=0, le=LONGEST, description="Seconds to wait for a change of what `after` names.")]
REFUSALS: dict[int, type[ProblemOut]] = {403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}
ANSWERS = {200: OperationOut, **REFUSALS}


@router.get("", response=OperationsOut, summary="Operations: what runs, what waits for a person, then the newest")
def operations(
    request: FleetRequest, status: str = "", kind: str = "", q: str = "", limit: Limit = 50, offset: Offset = 0
) -> OperationsOut:
    """`q` is part of a title, a reason, a ticket, an outcome or a name."""
    found = running_first(status, kind, q)
    count = found.count()
    rows = [line(one) for one in found[offset : offset + limit]]
    return OperationsOut(count=count, next=next_page(request, offset, limit, count), operations=rows)


@router.get("{int:pk}", response={200: OperationOut, 404: ProblemOut}, summary="One operation with its plan and steps")
def operation(request: FleetRequest, pk: int, wait: Wait = 0, after: str = "") -> OperationOut | HttpResponseBase:
    """With `after`, the `version` that you know, and `wait`, it answers as soon as the operation is another one, or as
    it is when the time is over. The same news come as events from `/fleets/{fleet}/live`."""
    now = shown(operation_or_404(pk))
    return answer_when_changed(request, pk, after, wait) if wait and now.version == after and not now.ended else now


@router.post("", response={201: OperationOut, **REFUSALS}, summary="Request an operation: plans it, changes nothing")
def request_operation(request: FleetRequest, wanted: OperationIn) -> Status[OperationOut]:
    planned = services.request(wanted.kind, wanted.parameters, request.user, wanted.reason, wanted.ticket)
    return Status(201, shown(planned))


@router.post("{int:pk}/confirm", response=ANSWERS, summary="Confirm a plan: a worker takes it")
def confirm_operation(request: FleetRequest, pk: int, confirmation: ConfirmationIn) -> OperationOut:
    return shown(services.confirm(operation_or_404(pk), request.user, confirmation.typed))


@router.post("{int:pk}/cancel", response=ANSWERS, summary="Cancel, or ask a running one to stop and take back")
def cancel_operation(request: FleetRequest, pk: int) -> OperationOut:
    return shown(services.cancel(operation_or_404(pk), request.user))


@router.post("{int:pk}/pause", response=ANSWERS, summary="Ask a running one to rest at its next safe point")
def pause_operation(request: FleetRequest, pk: int) -> OperationOut:
    return shown(services.pause(operation_or_404(pk), request.user))


@router.post("{int:pk}/resume", response=ANSWERS, summary="Let a paused one go on")
def resume_operation(request: FleetRequest, pk: int) -> OperationOut:
    return shown(services.resume(operation_or_404(pk), request.user))
