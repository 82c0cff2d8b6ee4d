"""What is special under /fleets/<slug>/api/: tokens instead of sessions, and problems instead of error pages."""

import re
from collections.abc import Callable
from functools import partial

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from novaops.api.bearers import TooManyGuesses, authenticate, still_good
from novaops.api.guessing import WINDOW
from novaops.api.problems import as_problem, problem

BY_PROGRAMS = re.compile(r"^/fleets/(?P<slug>[^/]+)/(?P<place>api/|live$)")
WRONG_TOKEN = "The token is wrong, expired or revoked. Make a new one on the page “API tokens” of the fleet."  # noqa: S105
TOO_MANY = "Too many wrong tokens came from there. For a minute none is looked at."
UNAVAILABLE = "The control database does not answer. Send the same again in a moment, with the same idempotency key."


class ApiMiddleware:
    """Stands before FleetMiddleware, which then finds the token's person as it finds a session's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = BY_PROGRAMS.match(request.path_info)
        if not match:
            return self.get_response(request)
        try:
            refusal = _come_in(request, match["slug"])
        except (OperationalError, InterfaceError):
            return unavailable(request)
        return refusal or as_problem(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        lost = isinstance(error, OperationalError | InterfaceError)
        return unavailable(request) if lost and BY_PROGRAMS.match(request.path_info) else None


def bearer_text(request: HttpRequest) -> str | None:
    """What stands behind `Authorization: Bearer`; None when there is no such header."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def unauthorized(request: HttpRequest) -> HttpResponse:
    answer = problem(request, 401, WRONG_TOKEN)
    answer["WWW-Authenticate"] = 'Bearer realm="NovaOps", error="invalid_token"'
    return answer


def unavailable(request: HttpRequest) -> HttpResponse:
    answer = problem(request, 503, UNAVAILABLE)
    answer["Retry-After"] = "2"
    return answer


def _come_in(request: HttpRequest, slug: str) -> HttpResponse | None:
    """Makes the token's person the request's; the answer to a token that is none. Without a token: nothing."""
    text = bearer_text(request)
    if text is None:
        return None
    try:
        bearer = authenticate(slug, text, request.META.get("REMOTE_ADDR", ""))
    except TooManyGuesses:
        answer = problem(request, 429, TOO_MANY)
        answer["Retry-After"] = str(WINDOW)
        return answer
    if bearer is None:
        return unauthorized(request)
    request.user, request.bearer = bearer.person, bearer  # type: ignore[attr-defined]
    request.may_stay = partial(still_good, bearer, slug)  # type: ignore[attr-defined]
    return None
