"""Pages outside the fleets: the person's fleets, and whether the console is well."""

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from novaops.fleets.selectors import fleets_of


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The person's fleets; whoever has only one goes straight there."""
    held = fleets_of(request.user)
    if len(held) == 1 and "all" not in request.GET:
        return redirect(f"/fleets/{held[0].fleet.slug}/")
    return render(request, "fleets/home.html", {"held": held})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the control database answers; needs no sign-in and says nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "unwell", "control_database": "does not answer"}, status=503)
    return JsonResponse({"status": "well", "control_database": "answers"})
