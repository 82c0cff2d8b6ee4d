"""The page of checkpoints: what is signed, what lies outside, when it was last verified, and who could lift that."""

from typing import TypeVar

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from novaops.audit import checkpoints, standalone, verification
from novaops.audit.actors import Actor
from novaops.audit.checkpoints import Unsound
from novaops.audit.checkpoints_page import page_of_checkpoints
from novaops.audit.export import stepwise, stepwise_async
from novaops.audit.services import record
from novaops.audit.signing import KeyProblem, pem_of
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

# More records than this are read by a worker: no page waits so long.
AT_ONCE = 50_000
Answer = TypeVar("Answer", bound=HttpResponseBase)


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def page(request: FleetRequest) -> HttpResponse:
    return render(request, "audit/checkpoints.html", page_of_checkpoints(timezone.now()))


@require_POST
@right_required(Right.MANAGE_FLEET)
def make(request: FleetRequest) -> HttpResponse:
    who = Actor.person(request.user)
    try:
        if checkpoints.uncovered() > AT_ONCE:
            record(checkpoints.ASKED, "change-log", actor=who)
            messages.info(request, "Many records wait for it: a worker makes it, within some minutes.")
        elif made := checkpoints.ask(who):
            messages.success(request, f"Checkpoint {made.number} covers the change log up to record {made.sequence}.")
    except (KeyProblem, Unsound) as problem:
        messages.error(request, str(problem))
    return redirect(fleet_path("checkpoints"))


@require_POST
@right_required(Right.READ_CHANGE_LOG)
def verify(request: FleetRequest) -> HttpResponse:
    """Only asks: a worker reads, and the page shows how far it is."""
    verification.ask(request.user.get_username())
    return redirect(fleet_path("checkpoints"))


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def export(request: FleetRequest) -> StreamingHttpResponse:
    """All checkpoints, one a line: they lead from a copy outside to the checkpoint of an export."""
    lines = (line.text for line in checkpoints.lines())
    steps = stepwise_async if isinstance(request, ASGIRequest) else stepwise
    response = StreamingHttpResponse(steps(request.fleet, lines), content_type="application/x-ndjson")
    return _as_file(response, f"{request.fleet.slug}-checkpoints.jsonl")


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def public_key(request: FleetRequest) -> HttpResponse:
    """Every key that signed a checkpoint, the newest first."""
    keys = "".join(map(pem_of, checkpoints.keys()))
    return _as_file(HttpResponse(keys, content_type="application/x-pem-file"), f"{request.fleet.slug}-public-keys.pem")


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def verifier(request: FleetRequest) -> HttpResponse:
    return _as_file(HttpResponse(standalone.text(), content_type="text/x-python"), standalone.FILE.name)


def _as_file(response: Answer, name: str) -> Answer:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
