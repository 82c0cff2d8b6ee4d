"""What every template knows: the fleet, the person's rights there, their other fleets, where its events come from."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.functional import SimpleLazyObject

from novaops.fleets.paths import fleet_path
from novaops.fleets.selectors import fleets_of


def fleet(request: HttpRequest) -> dict[str, Any]:
    """Empty outside a fleet, so that error pages and the sign-in page can be rendered anywhere."""
    user = getattr(request, "user", None)
    current = getattr(request, "fleet", None)
    return {
        "fleet": current,
        "rights": getattr(request, "rights", frozenset()),
        "roles": [role.label for role in getattr(request, "roles", ())],
        "fleets": SimpleLazyObject(lambda: [held.fleet for held in fleets_of(user)] if user else []),
        "live_url": _live_url(current.slug) if current else "",
    }


def _live_url(slug: str) -> str:
    try:
        return fleet_path("live", slug)
    except NoReverseMatch:
        return ""
