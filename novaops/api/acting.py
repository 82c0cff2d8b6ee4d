"""The act road: request, decide, run, and what became of it. The services check rights, record and refuse."""

from typing import Annotated

from django.http import HttpResponse, HttpResponseBase
from ninja import Path, Query, Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from novaops.api.act_schemas import (
    AcknowledgementIn,
    ApprovalIn,
    ConfirmationIn,
    OperationFilters,
    OperationIn,
    OperationOut,
    OperationsOut,
    PreviewIn,
    PreviewOut,
    ProblemOut,
    RejectionIn,
    TakingBackIn,
)
from novaops.api.finding import operation_or_404
from novaops.api.idempotency import key_of, once, once_planned
from novaops.api.paging import Limit, Offset, next_page
from novaops.api.shown import line, seen
from novaops.api.waiting import LONGEST, answer_when_changed, can_wait
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.planning import kind_named
from novaops.operations.selectors import running_first

router = Router(tags=["act"])
Number = Annotated[int, Path(description="The operation's number.")]
Wait = Annotated[float, Query(ge=0, le=LONGEST, description="Seconds to wait for another version than `after`.")]
After = Annotated[str, Query(description="The `version` that you know.")]
REFUSALS: dict[int, type[ProblemOut]] = {403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}
MADE = {201: OperationOut, **REFUSALS}
ANSWERS = {200: OperationOut, **REFUSALS}


@router.get("", response=OperationsOut, summary="Operations: what runs, what waits for a person, then the newest")
def operations(
    request: FleetRequest, narrowed: Query[OperationFilters], limit: Limit = 50, offset: Offset = 0
) -> OperationsOut:
    found = running_first(narrowed.status, narrowed.kind, narrowed.q)
    count = found.count()
    rows = [line(one) for one in found[offset : offset + limit]]
    return OperationsOut(count=count, next=next_page(request, offset, limit, count), operations=rows)


@router.get(
    "{int:pk}",
    response={200: OperationOut, 404: ProblemOut},
    summary="One operation with its plan and steps",
    url_name="operation",
)
def operation(request: FleetRequest, pk: Number, wait: Wait = 0, after: After = "") -> OperationOut | HttpResponseBase:
    """With `after`, the `version` that you know, and `wait`, it answers as soon as the operation is another one, or as
    it is when the time is over. The same news come as events from `/fleets/{fleet}/live`."""
    now = seen(pk)
    waits = wait and now.version == after and not now.ended and can_wait(request)
    return answer_when_changed(request, pk, after, wait) if waits else now


@router.post("", response=MADE, summary="Request an operation: plans it, changes nothing")
@decorate_view(once_planned)
def request_operation(request: FleetRequest, response: HttpResponse, wanted: OperationIn) -> Status[OperationOut]:
    words = (wanted.kind, wanted.parameters, request.user, wanted.reason, wanted.ticket)
    return _made(response, services.request(*words, request_key=key_of(request)))


@router.post("preview", response={200: PreviewOut, **REFUSALS}, summary="What a request would plan: nothing is stored")
def preview_operation(request: FleetRequest, wanted: PreviewIn) -> PreviewOut:
    """For at most eight seconds. It needs the right that the request needs, and no idempotency key."""
    found = services.preview(kind_named(wanted.kind), wanted.parameters, request.user)
    plan = found.plan.model_dump(mode="json") if found.plan else None
    return PreviewOut(
        state=found.state, headline=found.headline, sentence=found.sentence, plan=plan, held_by=found.holders
    )


@router.post("{int:pk}/confirm", response=ANSWERS, summary="Confirm a plan: now, at a time, or in an emergency")
@decorate_view(once)
def confirm_operation(request: FleetRequest, response: HttpResponse, pk: Number, order: ConfirmationIn) -> OperationOut:
    """It then waits for the approvals that the fleet's policy asks for, for its time, or for a worker. Break-glass
    needs a right of its own."""
    how = order.model_dump(exclude={"typed"})
    return _told(response, services.confirm(operation_or_404(pk), request.user, order.typed, **how))


@router.post("{int:pk}/approve", response=ANSWERS, summary="Approve what somebody else requested")
@decorate_view(once)
def approve_operation(request: FleetRequest, response: HttpResponse, pk: Number, word: ApprovalIn) -> OperationOut:
    """The last approval that it needs sends it on."""
    return _told(response, services.approve(operation_or_404(pk), request.user, word.comment))


@router.post("{int:pk}/reject", response=ANSWERS, summary="Reject what somebody else requested: that ends it")
@decorate_view(once)
def reject_operation(request: FleetRequest, response: HttpResponse, pk: Number, word: RejectionIn) -> OperationOut:
    return _told(response, services.reject(operation_or_404(pk), request.user, word.comment))


@router.post("{int:pk}/withdraw", response=ANSWERS, summary="Take your own approval back, before a worker begins")
@decorate_view(once)
def withdraw_approval(request: FleetRequest, response: HttpResponse, pk: Number) -> OperationOut:
    return _told(response, services.withdraw(operation_or_404(pk), request.user))


@router.post("{int:pk}/acknowledge", response=ANSWERS, summary="Acknowledge a break-glass that somebody else ran")
@decorate_view(once)
def acknowledge_operation(
    request: FleetRequest, response: HttpResponse, pk: Number, word: AcknowledgementIn
) -> OperationOut:
    return _told(response, services.acknowledge(operation_or_404(pk), request.user, word.comment))


@router.post("{int:pk}/take-back", response=MADE, summary="Plan the inverse of one that is done")
@decorate_view(once_planned)
def take_back_operation(
    request: FleetRequest, response: HttpResponse, pk: Number, why: TakingBackIn
) -> Status[OperationOut]:
    """A new operation, with a plan of its own that is to be confirmed like any other."""
    found, key = operation_or_404(pk), key_of(request)
    return _made(response, services.take_back(found, request.user, why.reason, request_key=key))


@router.post("{int:pk}/cancel", response=ANSWERS, summary="Cancel, or ask a running one to stop and take back")
@decorate_view(once)
def cancel_operation(request: FleetRequest, response: HttpResponse, pk: Number) -> OperationOut:
    return _told(response, services.cancel(operation_or_404(pk), request.user))


@router.post("{int:pk}/pause", response=ANSWERS, summary="Ask a running one to rest at its next safe point")
@decorate_view(once)
def pause_operation(request: FleetRequest, response: HttpResponse, pk: Number) -> OperationOut:
    return _told(response, services.pause(operation_or_404(pk), request.user))


@router.post("{int:pk}/resume", response=ANSWERS, summary="Let a paused one go on")
@decorate_view(once)
def resume_operation(request: FleetRequest, response: HttpResponse, pk: Number) -> OperationOut:
    return _told(response, services.resume(operation_or_404(pk), request.user))


def _told(response: HttpResponse, operation: Operation) -> OperationOut:
    """With the operation's own address, which an answer that is too long to be kept is replaced by."""
    response["Content-Location"] = fleet_path("api:operation", pk=operation.pk)
    return seen(operation.pk)


def _made(response: HttpResponse, operation: Operation) -> Status[OperationOut]:
    told = _told(response, operation)
    response["Location"] = response["Content-Location"]
    return Status(201, told)
