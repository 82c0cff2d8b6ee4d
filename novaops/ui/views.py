"""The style guide: every token and component in all its states, with made-up values and without a database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from novaops.ui.specimens import specimens


def styleguide(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors, so that it asks neither session nor database."""
    context = {"request": request, "live_url": "", "rights": {"read-change-log"}, **specimens(timezone.now())}
    return HttpResponse(render_to_string("styleguide.html", context))
