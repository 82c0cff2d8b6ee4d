"""What stands beside the API at its address: its description as a page, and the answer where there is nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from novaops.api.api import api
from novaops.api.describing import described
from novaops.api.pages import sections
from novaops.api.problems import KINDS, problem
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right


@require_safe
@right_required(Right.VIEW)
def docs(request: FleetRequest) -> HttpResponse:
    """The same that openapi.json says, to be read by people."""
    schema = described(api, request.fleet.slug)
    problems = [(name, status, title) for name, (status, title) in KINDS.items()]
    return render(request, "api/docs.html", {"sections": sections(schema), "problems": problems})


def nothing_there(request: HttpRequest, rest: str) -> HttpResponse:
    return problem(request, 404, f"The API has no address {request.path}. openapi.json lists what there is.")
