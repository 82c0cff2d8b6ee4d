"""One entry: what is known of it, and its value. What is masked is shown by POST to those who hold the right, and each
look is recorded."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from caching.browser.entry import Entry
from caching.browser.handles import handle, key_in
from caching.browser.looking import one
from caching.browser.places import Places
from caching.browser.recording import note
from caching.browser.values import value_of
from caching.exceptions import CacheError
from caching.views.common import shared
from caching.views.keys import clean, known_places
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from shards.placement.selectors import shards_of

LONGEST_REASON = 300


@never_cache
@require_safe
@right_required(Right.VIEW)
def key(request: FleetRequest) -> HttpResponse:
    given = {name: str(value) for name, value in request.GET.items()}
    there, entry, cause = found(given)
    return page(request, there, entry, cause, unmasked=False)


@never_cache
@require_POST
@right_required(Right.SEE_CACHED_VALUES)
def key_unmasked(request: FleetRequest) -> HttpResponse:
    """The value as it is. The record is written before it is shown."""
    given = {name: str(value) for name, value in request.POST.items()}
    reason = clean(given.get("reason", ""))[:LONGEST_REASON]
    there, entry, cause = found(given)
    if entry is not None and reason:
        note(entry, request.user, reason)
    return page(request, there, entry, cause, unmasked=bool(reason), lacking="" if reason else "Say why you look.")


def found(given: dict[str, str]) -> tuple[Places, Entry | None, str]:
    there, name = known_places(), key_in(given)
    if not name:
        return there, None, "This address names no key."
    entry, cause = one(there, given.get("tier", ""), given.get("node", ""), name, shards_of)
    return there, entry, cause


def page(
    request: FleetRequest, there: Places, entry: Entry | None, cause: str, unmasked: bool, lacking: str = ""
) -> HttpResponse:
    context: dict[str, Any] = shared(snapshot(), "Keys") | {
        "entry": entry,
        "cause": cause,
        "lacking": lacking,
        "unmasked": unmasked,
        "crumbs": [("Caches", fleet_path("caches")), ("Keys", fleet_path("cache-keys")), ("Entry", "")],
    }
    if entry is not None:
        context["handle"] = handle(entry)
        try:
            context["value"] = value_of(there, entry, unmasked)
        except CacheError as problem:
            context["value_cause"] = str(problem)
    return render(request, "caching/key.html", context)
