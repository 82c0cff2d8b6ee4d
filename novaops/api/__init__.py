"""The JSON API of a fleet, at /fleets/<slug>/api/: the same sessions, rights and services as the pages."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from novaops.api.acting import router as acting
from novaops.api.observing import router as observing
from novaops.api.sessions import SessionWith
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.problems import Invalid, NotAllowed, Refused

api = NinjaAPI(
    title="NovaOps",
    version="1",
    description="What a fleet's servers answered, what a person should know, and operations on the live fleet.",
    urls_namespace="api",
    auth=SessionWith(Right.VIEW),
    openapi_url=None,
    docs_url=None,
)
api.add_router("", observing)
api.add_router("operations", acting)


@api.get("openapi.json", include_in_schema=False, url_name="openapi")
def openapi(request: FleetRequest) -> HttpResponse:
    """This description, with the addresses of the fleet that was asked."""
    prefix = fleet_path("api:api-root", request.fleet.slug)
    return api.create_response(request, api.get_openapi_schema(path_prefix=prefix), status=200)


@api.exception_handler(Invalid)
def invalid(request: HttpRequest, problem: Invalid) -> HttpResponse:
    return api.create_response(request, {"detail": str(problem), "fields": problem.fields}, status=422)


@api.exception_handler(NotAllowed)
def not_allowed(request: HttpRequest, problem: NotAllowed) -> HttpResponse:
    return api.create_response(request, {"detail": str(problem)}, status=403)


@api.exception_handler(Refused)
def refused(request: HttpRequest, problem: Refused) -> HttpResponse:
    return api.create_response(request, {"detail": str(problem)}, status=409)
