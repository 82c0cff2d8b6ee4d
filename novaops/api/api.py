"""The JSON API of a fleet, at /fleets/<slug>/api/: the same rights and services as the pages."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from novaops.api.acting import router as acting
from novaops.api.callers import callers_with
from novaops.api.changes import router as changes
from novaops.api.describing import described
from novaops.api.hooks import router as hooks
from novaops.api.kinds import router as kinds
from novaops.api.me import router as me
from novaops.api.moves import router as moves
from novaops.api.observing import router as observing
from novaops.api.pools import router as pools
from novaops.api.problems import problem
from novaops.api.rebalance import router as rebalance
from novaops.api.replication import router as replication
from novaops.api.rules import router as rules
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.hooks.problems import HookProblem
from novaops.operations.problems import Invalid, NotAllowed, Refused


class Exact(BaseRenderer):
    """Times to the microsecond, as an answer that was waited for has them."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Stable names for generated clients: `request_operation`."""
        return str(operation.view_func.__name__)


api = Api(
    title="NovaOps",
    version="1",
    urls_namespace="api",
    auth=callers_with(Right.VIEW),
    renderer=Exact(),
    openapi_url=None,
    docs_url=None,
)
api.add_router("me", me)
api.add_router("", observing)
api.add_router("", replication)
api.add_router("", pools)
api.add_router("", moves)
api.add_router("", rebalance)
api.add_router("kinds", kinds)
api.add_router("operations", acting)
api.add_router("", rules)
api.add_router("", hooks)
api.add_router("changes", changes)


@api.get("openapi.json", include_in_schema=False, url_name="openapi")
def openapi(request: FleetRequest) -> HttpResponse:
    """This description, with the addresses of the fleet that was asked."""
    return api.create_response(request, described(api, request.fleet.slug), status=200)


@api.exception_handler(Invalid)
def invalid(request: HttpRequest, wrong: Invalid) -> HttpResponse:
    return problem(request, 422, str(wrong), fields=wrong.fields)


@api.exception_handler(NotAllowed)
def not_allowed(request: HttpRequest, refusal: NotAllowed) -> HttpResponse:
    return problem(request, 403, str(refusal))


@api.exception_handler(Refused)
def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return problem(request, 409, str(refusal))


@api.exception_handler(HookProblem)
def hook_refused(request: HttpRequest, refusal: HookProblem) -> HttpResponse:
    return problem(request, 409, str(refusal))


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """`body.wanted.reason` is told as `reason`, and an item of a list as the list."""
    fields = {_field(item["loc"]): f"{item['msg']}." for item in error.errors}
    sentence = " ".join(f"{name}: {why}" for name, why in fields.items())
    return problem(request, 422, sentence, fields=fields)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, 404, str(error) or "There is no such thing.")


@api.exception_handler(AuthenticationError)
def anonymous(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, 401, "Sign in, or send a token: Authorization: Bearer novaops_...")


@api.exception_handler(HttpError)
def framework(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, error.status_code, str(error))


def _field(place: Sequence[str | int]) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "")
