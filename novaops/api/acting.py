"""The act road: request, confirm, cancel, and what became of it. The services check rights, record and refuse."""

from typing import Annotated, Any

from django.shortcuts import get_object_or_404
from ninja import Router
from ninja.responses import Status
from pydantic import Field

from novaops.api.schemas import (
    ConfirmationIn,
    OperationIn,
    OperationLine,
    OperationOut,
    OperationsOut,
    Problem,
)
from novaops.fleets.requests import FleetRequest
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.operations.selectors import as_json, running_first

router = Router(tags=["act"])
Limit = Annotated[int, Field(ge=1, le=500)]
Offset = Annotated[int, Field(ge=0)]
REFUSALS: dict[int, type[Problem]] = {403: Problem, 409: Problem, 422: Problem}


@router.get("", response=OperationsOut, summary="Operations: what runs, what waits for a person, then the newest")
def operations(
    request: FleetRequest, status: str = "", kind: str = "", limit: Limit = 50, offset: Offset = 0
) -> OperationsOut:
    found = running_first(status, kind)
    return OperationsOut(count=found.count(), operations=[_line(one) for one in found[offset : offset + limit]])


@router.get("{int:pk}", response=OperationOut, summary="One operation with its plan and its steps")
def operation(request: FleetRequest, pk: int) -> dict[str, Any]:
    return as_json(get_object_or_404(Operation, pk=pk))


@router.post("", response={201: OperationOut, **REFUSALS}, summary="Request an operation: plans it, changes nothing")
def request_operation(request: FleetRequest, wanted: OperationIn) -> Status[dict[str, Any]]:
    planned = services.request(wanted.kind, wanted.parameters, request.user, wanted.reason, wanted.ticket)
    return Status(201, as_json(planned))


@router.post("{int:pk}/confirm", response={200: OperationOut, **REFUSALS}, summary="Confirm a plan: a worker takes it")
def confirm_operation(request: FleetRequest, pk: int, confirmation: ConfirmationIn) -> dict[str, Any]:
    return as_json(services.confirm(get_object_or_404(Operation, pk=pk), request.user, confirmation.typed))


@router.post(
    "{int:pk}/cancel", response={200: OperationOut, **REFUSALS}, summary="Cancel, or ask a running one to stop"
)
def cancel_operation(request: FleetRequest, pk: int) -> dict[str, Any]:
    return as_json(services.cancel(get_object_or_404(Operation, pk=pk), request.user))


@router.post("{int:pk}/pause", response={200: OperationOut, **REFUSALS}, summary="Rest at the next safe point")
def pause_operation(request: FleetRequest, pk: int) -> dict[str, Any]:
    return as_json(services.pause(get_object_or_404(Operation, pk=pk), request.user))


@router.post("{int:pk}/resume", response={200: OperationOut, **REFUSALS}, summary="Let a paused operation go on")
def resume_operation(request: FleetRequest, pk: int) -> dict[str, Any]:
    return as_json(services.resume(get_object_or_404(Operation, pk=pk), request.user))


def _line(one: Operation) -> OperationLine:
    return OperationLine(
        id=one.pk,
        kind=one.kind,
        title=one.title,
        status=one.status,
        outcome=one.outcome,
        reason=one.reason,
        ticket=one.ticket,
        requested_by=one.requested_by_name,
        planned_at=one.planned_at,
        ended_at=one.ended_at,
    )
