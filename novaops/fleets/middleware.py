"""Which fleet a request is about. Runs after authentication and before everything that reads a fleet's data."""

import re
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from novaops.fleets.requests import FleetRequest
from novaops.fleets.selectors import access

IN_A_FLEET = re.compile(r"^/fleets/(?P<slug>[^/]+)/(?P<rest>.*)$", re.DOTALL)
SPOKEN_TO_BY_PROGRAMS = ("api/", "live")


class FleetMiddleware:
    """Puts the request on its fleet's schema. Every request begins on the public schema, whatever the connection did
    before; a fleet that the person is no member of answers exactly as one that does not exist."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        match = IN_A_FLEET.match(request.path_info)
        if not match:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return _sign_in(request, match["rest"])
        try:
            enter(cast(FleetRequest, request), match["slug"])
            return self.get_response(request)
        finally:
            connection.set_schema_to_public()  # type: ignore[attr-defined]

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Views of a fleet ask `request.fleet`; the slug in the address is of no use to them."""
        if hasattr(request, "fleet"):
            kwargs.pop("fleet", None)


def enter(request: FleetRequest, slug: str) -> None:
    """Fills the request in and moves the connection to the fleet's schema."""
    found = access(request.user, slug)
    if found is None:
        raise Http404("There is no such fleet.")
    request.fleet, request.roles, request.rights = found.fleet, found.roles, found.rights
    connection.set_tenant(found.fleet)  # type: ignore[attr-defined]


def _sign_in(request: HttpRequest, rest: str) -> HttpResponse:
    if rest.startswith(SPOKEN_TO_BY_PROGRAMS):
        return JsonResponse({"detail": "Sign in first."}, status=401)
    return redirect_to_login(request.get_full_path())
