"""Hooks: who is told of what. Everybody of the fleet sees how they do, whoever reads the change log what they were
told, and whoever manages the fleet changes them."""

from collections.abc import Callable
from typing import Annotated

from django.http import HttpResponse
from ninja import Path, Query, Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from novaops.api.acting import REFUSALS
from novaops.api.callers import callers_with
from novaops.api.finding import found_or_404
from novaops.api.hook_schemas import (
    DeletedOut,
    DeliveriesOut,
    DeliveryOut,
    EventOut,
    EventsOut,
    HookChangeIn,
    HookIn,
    HookOut,
    HookSecretOut,
    HooksOut,
)
from novaops.api.hooks_shown import delivery_shown, draft_of, hook_shown, line_of, usual_events
from novaops.api.idempotency import once, once_with_secret
from novaops.api.paging import Limit, Offset, next_page
from novaops.fleets.models import Person
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.hooks import selectors, services
from novaops.hooks.choices import Sort
from novaops.hooks.events import EVENTS
from novaops.hooks.models import Delivery, Hook

router = Router(tags=["hooks"])
Number = Annotated[int, Path(description="The hook's number.")]
DeliveryNumber = Annotated[int, Path(description="The delivery's number.")]
StatusWord = Annotated[str, Query(description="One of `pending`, `delivered`, `given up`; empty: any.")]
Service = Callable[[int, Person], Hook]
MANAGERS, READERS = callers_with(Right.MANAGE_FLEET), callers_with(Right.READ_CHANGE_LOG)
TOLD = {200: HookOut, **REFUSALS}
WITH_SECRET = {200: HookSecretOut, **REFUSALS}
FIELDS = ("name", "url", "mail_to", "events", "kinds", "risks")


@router.get("hooks", response=HooksOut, summary="Every hook, and how it does")
def hooks(request: FleetRequest) -> HooksOut:
    waiting = selectors.counted()
    return HooksOut(hooks=[hook_shown(one, request.rights, waiting.get(one.pk, 0)) for one in Hook.objects.all()])


@router.get("hooks/events", response=EventsOut, summary="What a hook can be told")
def hook_events(request: FleetRequest) -> EventsOut:
    names = ("name", "label", "group", "usual")
    return EventsOut(events=[EventOut(**{name: getattr(one, name) for name in names}) for one in EVENTS])


@router.get("hooks/{int:pk}", response=TOLD, summary="One hook", url_name="hook")
def hook(request: FleetRequest, pk: Number) -> HookOut:
    return _shown(request, pk)


@router.post("hooks", response={201: HookSecretOut, **REFUSALS}, summary="Make a hook", auth=MANAGERS)
@decorate_view(once_with_secret)
def make_hook(request: FleetRequest, response: HttpResponse, wanted: HookIn) -> Status[HookSecretOut]:
    """Enabled, and with a secret that signs what a webhook is sent."""
    said = wanted.model_dump(exclude={"sort"})
    said["events"] = usual_events() if wanted.events is None else wanted.events
    made, secret = services.make(wanted.as_sort, draft_of(said, wanted.as_sort), request.user)
    response["Location"] = fleet_path("api:hook", pk=made.pk)
    return Status(201, _told_once(request, response, made.pk, secret))


@router.post("hooks/{int:pk}/change", response=TOLD, summary="Change a hook", auth=MANAGERS)
@decorate_view(once)
def change_hook(request: FleetRequest, pk: Number, wanted: HookChangeIn) -> HookOut:
    """What waits goes to the new receiver, at once."""
    found = _hook(pk)
    said = {name: getattr(found, name) for name in FIELDS} | wanted.model_dump(exclude_none=True)
    services.change(pk, draft_of(said, Sort(found.sort), found), request.user)
    return _shown(request, pk)


@router.post("hooks/{int:pk}/enable", response=TOLD, summary="Enable a hook", auth=MANAGERS)
@decorate_view(once)
def enable_hook(request: FleetRequest, pk: Number) -> HookOut:
    return _done(request, pk, services.enable)


@router.post("hooks/{int:pk}/disable", response=TOLD, summary="Disable a hook", auth=MANAGERS)
@decorate_view(once)
def disable_hook(request: FleetRequest, pk: Number) -> HookOut:
    """What still waits is given up; its history stays."""
    return _done(request, pk, services.disable)


@router.post("hooks/{int:pk}/test", response=TOLD, summary="Send a hook a test", auth=MANAGERS)
@decorate_view(once)
def test_hook(request: FleetRequest, pk: Number) -> HookOut:
    """A real delivery, of the record that says that you tested it."""
    return _done(request, pk, services.test)


@router.post("hooks/{int:pk}/renew-secret", response=WITH_SECRET, summary="Sign with a new secret", auth=MANAGERS)
@decorate_view(once_with_secret)
def renew_hook_secret(request: FleetRequest, response: HttpResponse, pk: Number) -> HookSecretOut:
    """For a day everything is signed with both."""
    _hook(pk)
    return _told_once(request, response, pk, services.renew_secret(pk, request.user)[1])


@router.post("hooks/{int:pk}/delete", response={200: DeletedOut, **REFUSALS}, summary="Delete a hook", auth=MANAGERS)
@decorate_view(once)
def delete_hook(request: FleetRequest, pk: Number) -> DeletedOut:
    """Only a disabled one, with the history of its deliveries."""
    _hook(pk)
    gone = services.delete(pk, request.user)
    return DeletedOut(id=pk, name=gone.name, sentence=f"Hook “{gone.name}” is deleted with its deliveries.")


@router.get(
    "hooks/{int:pk}/deliveries",
    response={200: DeliveriesOut, 404: REFUSALS[404]},
    summary="What a hook was told, the newest first",
    auth=READERS,
)
def deliveries(
    request: FleetRequest, pk: Number, status: StatusWord = "", limit: Limit = 50, offset: Offset = 0
) -> DeliveriesOut:
    _hook(pk)
    found = selectors.deliveries(pk, status)
    count = found.count()
    rows = [line_of(one) for one in found[offset : offset + limit]]
    return DeliveriesOut(count=count, next=next_page(request, offset, limit, count), deliveries=rows)


@router.get("deliveries/{int:pk}", response={200: DeliveryOut, **REFUSALS}, summary="One delivery", auth=READERS)
def delivery(request: FleetRequest, pk: DeliveryNumber) -> DeliveryOut:
    return delivery_shown(found_or_404(Delivery, pk, "delivery"))


@router.post(
    "deliveries/{int:pk}/again", response={200: DeliveryOut, **REFUSALS}, summary="Send it again", auth=MANAGERS
)
@decorate_view(once)
def send_delivery_again(request: FleetRequest, pk: DeliveryNumber) -> DeliveryOut:
    """Under the same id, with a day's attempts before it."""
    found_or_404(Delivery, pk, "delivery")
    services.send_again(pk, request.user)
    return delivery_shown(Delivery.objects.get(pk=pk))


def _done(request: FleetRequest, pk: int, service: Service) -> HookOut:
    _hook(pk)
    service(pk, request.user)
    return _shown(request, pk)


def _shown(request: FleetRequest, pk: int) -> HookOut:
    return hook_shown(_hook(pk), request.rights, selectors.counted().get(pk, 0))


def _told_once(request: FleetRequest, response: HttpResponse, pk: int, secret: str) -> HookSecretOut:
    response["Cache-Control"] = "no-store"
    return HookSecretOut(**_shown(request, pk).model_dump(), secret=secret)


def _hook(pk: int) -> Hook:
    return found_or_404(Hook, pk, "hook")
