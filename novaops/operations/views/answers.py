"""How a page answers what the services said."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.operations.models import Operation
from novaops.operations.problems import NotAllowed


def refused(request: FleetRequest, back: str, problem: Exception) -> HttpResponse:
    """403 for a missing right; otherwise back to that page, with the reason."""
    if isinstance(problem, NotAllowed):
        raise PermissionDenied(str(problem)) from problem
    messages.error(request, str(problem))
    return redirect(back)


def to_operation(operation: Operation | int) -> str:
    return fleet_path("operation", pk=operation if isinstance(operation, int) else operation.pk)
