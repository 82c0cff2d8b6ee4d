"""The fleet's rules: who has to approve, when nothing may change, and what comes back by the clock."""

from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Query, Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from novaops.api.acting import REFUSALS
from novaops.api.finding import found_or_404, operation_or_404
from novaops.api.idempotency import once
from novaops.api.paging import Limit, Offset, next_page
from novaops.api.rule_schemas import (
    FreezeIn,
    FreezeOut,
    FreezesOut,
    PolicyOut,
    RuleIn,
    RuleOut,
    ScheduleIn,
    ScheduleOut,
    SchedulesOut,
)
from novaops.api.rules_shown import freeze_shown, rule_shown, schedule_shown
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.operations import services
from novaops.operations.contract import Risk
from novaops.operations.models import Freeze, Recurrence
from novaops.operations.policies import Rule, rule_of

router = Router(tags=["rules"])
RiskName = Annotated[str, Path(description=f"One of {', '.join(Risk.values)}.")]
FreezeNumber = Annotated[int, Path(description="The freeze's number.")]
ScheduleNumber = Annotated[int, Path(description="The schedule's number.")]
Standing = Annotated[
    bool | None, Query(description="`true`: only those that nobody lifted; `false`: only lifted ones.")
]
Enabled = Annotated[bool | None, Query(description="`true`: only those that go on; `false`: the others.")]


@router.get("policy", response=PolicyOut, summary="What each risk needs before it runs")
def policy(request: HttpRequest) -> PolicyOut:
    return PolicyOut(rules=[rule_shown(risk) for risk in Risk])


@router.post("policy/{slug:name}", response={200: RuleOut, **REFUSALS}, summary="Change what one risk needs")
@decorate_view(once)
def set_rule(request: FleetRequest, name: RiskName, wanted: RuleIn) -> RuleOut:
    """From now on: what was confirmed before keeps what it was confirmed with."""
    risk = _risk(name)
    now = rule_of(risk)
    approvals = now.approvals if wanted.approvals is None else wanted.approvals
    ticket = now.ticket_required if wanted.ticket_required is None else wanted.ticket_required
    services.set_rule(risk, Rule(approvals, ticket), request.user)
    return rule_shown(risk)


@router.get("freezes", response=FreezesOut, summary="Freezes, the newest first")
def freezes(request: HttpRequest, standing: Standing = None, limit: Limit = 50, offset: Offset = 0) -> FreezesOut:
    found = Freeze.objects.order_by("-id")
    found = found if standing is None else found.filter(lifted_at__isnull=standing)
    count = found.count()
    rows = [freeze_shown(one) for one in found[offset : offset + limit]]
    return FreezesOut(count=count, next=next_page(request, offset, limit, count), freezes=rows)


@router.get("freezes/{int:pk}", response={200: FreezeOut, **REFUSALS}, summary="One freeze", url_name="freeze")
def freeze(request: HttpRequest, pk: FreezeNumber) -> FreezeOut:
    return freeze_shown(_freeze(pk))


@router.post("freezes", response={201: FreezeOut, **REFUSALS}, summary="Make a freeze")
@decorate_view(once)
def make_freeze(request: FleetRequest, response: HttpResponse, wanted: FreezeIn) -> Status[FreezeOut]:
    said = wanted.model_dump(exclude={"name", "reason", "starts_at", "ends_at"})
    span = (wanted.starts_at, wanted.ends_at)
    made = services.make_freeze(request.user, wanted.name, wanted.reason, *span, **said)
    response["Location"] = fleet_path("api:freeze", pk=made.pk)
    return Status(201, freeze_shown(made))


@router.post("freezes/{int:pk}/lift", response={200: FreezeOut, **REFUSALS}, summary="Lift a freeze, at once for good")
@decorate_view(once)
def lift_freeze(request: FleetRequest, pk: FreezeNumber) -> FreezeOut:
    return freeze_shown(services.lift_freeze(_freeze(pk), request.user))


@router.get("schedules", response=SchedulesOut, summary="Operations that come back by the clock, the newest first")
def schedules(request: HttpRequest, enabled: Enabled = None, limit: Limit = 50, offset: Offset = 0) -> SchedulesOut:
    found = Recurrence.objects.order_by("-id")
    found = found if enabled is None else found.filter(enabled=enabled)
    count = found.count()
    rows = [schedule_shown(one) for one in found[offset : offset + limit]]
    return SchedulesOut(count=count, next=next_page(request, offset, limit, count), schedules=rows)


@router.get("schedules/{int:pk}", response={200: ScheduleOut, **REFUSALS}, summary="One schedule", url_name="schedule")
def schedule(request: HttpRequest, pk: ScheduleNumber) -> ScheduleOut:
    return schedule_shown(_schedule(pk))


@router.post("schedules", response={201: ScheduleOut, **REFUSALS}, summary="Repeat an operation by the clock")
@decorate_view(once)
def make_schedule(request: FleetRequest, response: HttpResponse, wanted: ScheduleIn) -> Status[ScheduleOut]:
    """Each turn is planned anew. It is confirmed with what was typed here; a plan that asks for something else waits
    for you. Needs the right that the operation's kind needs."""
    operation = operation_or_404(wanted.operation)
    words = (request.user, wanted.crontab, wanted.time_zone, wanted.typed)
    made = services.make_recurrence(operation, *words)
    response["Location"] = fleet_path("api:schedule", pk=made.pk)
    return Status(201, schedule_shown(made))


@router.post("schedules/{int:pk}/pause", response={200: ScheduleOut, **REFUSALS}, summary="Pause a schedule")
@decorate_view(once)
def pause_schedule(request: FleetRequest, pk: ScheduleNumber) -> ScheduleOut:
    """Turns that it misses are left out."""
    return schedule_shown(services.pause_recurrence(_schedule(pk), request.user))


@router.post("schedules/{int:pk}/resume", response={200: ScheduleOut, **REFUSALS}, summary="Let a paused one go on")
@decorate_view(once)
def resume_schedule(request: FleetRequest, pk: ScheduleNumber) -> ScheduleOut:
    """From its next turn on."""
    return schedule_shown(services.resume_recurrence(_schedule(pk), request.user))


@router.post("schedules/{int:pk}/end", response={200: ScheduleOut, **REFUSALS}, summary="End a schedule, for good")
@decorate_view(once)
def end_schedule(request: FleetRequest, pk: ScheduleNumber) -> ScheduleOut:
    """What it made already goes on."""
    return schedule_shown(services.end_recurrence(_schedule(pk), request.user))


def _risk(name: str) -> Risk:
    if name not in Risk.values:
        raise Http404(f"There is no risk {name!r}; the risks are {', '.join(Risk.values)}.")
    return Risk(name)


def _freeze(pk: int) -> Freeze:
    return found_or_404(Freeze, pk, "freeze")


def _schedule(pk: int) -> Recurrence:
    return found_or_404(Recurrence, pk, "schedule")
