"""The page "API tokens": make one, see it once, revoke it. Whoever manages the fleet sees everybody's, and machines."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from novaops.api import tokens
from novaops.api.forms import MachineForm, TokenForm
from novaops.api.models import ApiToken
from novaops.api.selectors import tokens_seen_by
from novaops.audit.services import Actor, record
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.people import Grant, create_machine, grant
from novaops.fleets.problems import FleetProblem
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right, Role

PER_PAGE = 50


@require_safe
@right_required(Right.VIEW)
def api_tokens(request: FleetRequest) -> HttpResponse:
    return _page(request)


@never_cache
@require_POST
@right_required(Right.VIEW)
def make_token(request: FleetRequest) -> HttpResponse:
    """The answer shows the token, this once."""
    form = _token_form(request, request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    said = form.cleaned_data
    try:
        token, text = tokens.make(said["owner"], said["name"], said["scopes"], said["days"], by=request.user)
    except tokens.TokenProblem as problem:
        form.add_error(problem.field, str(problem))
        return _page(request, form=form, status=422)
    return _page(request, made=token, text=text)


@require_POST
@right_required(Right.VIEW)
def revoke_token(request: FleetRequest) -> HttpResponse:
    chosen = request.POST.get("token", "")
    token = get_object_or_404(tokens_seen_by(request.user, request.rights), pk=int(chosen) if chosen.isdecimal() else 0)
    word = "is revoked" if tokens.revoke(token, by=request.user) else "was revoked already"
    messages.success(request, f"The token “{token.name}” {word}. Nobody can use it any more.")
    return redirect(fleet_path("tokens"))


@require_POST
@right_required(Right.MANAGE_FLEET)
def make_machine(request: FleetRequest) -> HttpResponse:
    form = MachineForm(request.POST)
    if not form.is_valid():
        return _page(request, machine_form=form, status=422)
    try:
        name = _machine(request, form.cleaned_data["username"], Role(form.cleaned_data["role"]))
    except FleetProblem as problem:
        form.add_error("username", str(problem))
        return _page(request, machine_form=form, status=422)
    messages.success(request, f"The machine {name} can have tokens now.")
    return redirect(fleet_path("tokens"))


@transaction.atomic
def _machine(request: FleetRequest, username: str, role: Role) -> str:
    machine, made = create_machine(username)
    if not made:
        raise FleetProblem(f"username: there is a machine {username!r} already; give it a role on the page “People”.")
    after = {"name": machine.username, "role": role.value}
    record("machine made", f"person:{machine.username}", actor=Actor.person(request.user), outcome=machine.username,
           data={"before": {}, "after": after})  # fmt: skip
    grant(machine, Grant(request.fleet, role), by=request.user)
    return machine.username


def _token_form(request: FleetRequest, data: Any = None) -> TokenForm:
    return TokenForm(data, fleet=request.fleet, person=request.user, rights=request.rights)


def _page(
    request: FleetRequest,
    *,
    form: TokenForm | None = None,
    machine_form: MachineForm | None = None,
    made: ApiToken | None = None,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    page = Paginator(tokens_seen_by(request.user, request.rights), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(token, token.state(now)) for token in page],
        "form": form or _token_form(request),
        "machine_form": machine_form or MachineForm(),
        "made": made,
        "text": text,
    }
    return render(request, "api/tokens.html", context, status=status)
