"""What is special under /fleets/<slug>/api/: tokens instead of sessions, and problems instead of error pages."""

import re
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from novaops.api.problems import as_problem, problem
from novaops.api.tokens import SHAPE, Bearer, authenticate
from novaops.fleets.models import Fleet

BY_PROGRAMS = re.compile(r"^/fleets/(?P<slug>[^/]+)/(?P<place>api/|live$)")
WRONG_TOKEN = "The token is wrong, expired or revoked. Make a new one on the page “API tokens” of the fleet."  # noqa: S105


class ApiMiddleware:
    """Stands before FleetMiddleware, which then finds the token's person as it finds a session's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = BY_PROGRAMS.match(request.path_info)
        if not match:
            return self.get_response(request)
        text = bearer_text(request)
        if text is not None:
            bearer = _bearer(match["slug"], text, request.META.get("REMOTE_ADDR", ""))
            if bearer is None:
                return unauthorized(request)
            request.user, request.bearer = bearer.person, bearer  # type: ignore[attr-defined]
        return as_problem(request, self.get_response(request))


def bearer_text(request: HttpRequest) -> str | None:
    """What stands behind `Authorization: Bearer`; None when there is no such header."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def unauthorized(request: HttpRequest) -> HttpResponseBase:
    answer = problem(request, 401, WRONG_TOKEN)
    answer["WWW-Authenticate"] = 'Bearer realm="NovaOps", error="invalid_token"'
    return answer


def _bearer(slug: str, text: str, address: str) -> Bearer | None:
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    shaped = SHAPE.fullmatch(text)
    fleet = Fleet.objects.filter(slug=slug).first() if shaped and shaped["slug"] == slug else None
    if fleet is None:
        return None
    try:
        connection.set_tenant(fleet)  # type: ignore[attr-defined]
        return authenticate(text, address)
    finally:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
