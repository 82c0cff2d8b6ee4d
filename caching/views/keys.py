"""The key browser: names and patterns in both tiers. This page alone asks live servers; each has a short time, and one
that does not answer is told as such."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from caching.browser.entry import Entry
from caching.browser.handles import handle
from caching.browser.looking import Found, is_pattern, look
from caching.browser.places import Places, places
from caching.library.families import FAMILIES
from caching.library.keys import pattern
from caching.views.common import shared
from caching.views.flush_link import flush_link
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.inventory.selectors import targets
from novaops.ui.formats import human_number
from shards.placement.selectors import shards_of

TIERS = ("L1", "L2")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Row:
    entry: Entry
    href: str


@never_cache
@require_safe
@right_required(Right.VIEW)
def keys(request: FleetRequest) -> HttpResponse:
    asked = {name: clean(request.GET.get(name, "")) for name in ("q", "tier", "family", "tenant", "after")}
    text = asked["q"] or chosen(asked["family"], asked["tenant"])
    seen = snapshot()
    found = look(known_places(), text, asked["tier"], asked["after"], shards_of) if text else None
    context = shared(seen, "Keys") | {
        "query": asked,
        "tiers": TIERS,
        "families": list(FAMILIES),
        "text": text,
        "found": found,
        "rows": [Row(entry, address(entry)) for entry in found.entries] if found else [],
        "summary": summary(found, text) if found else "",
        "flush_url": flush_link(text, asked["tier"]) if text else "",
        "further": f"?{urlencode({**asked, 'after': found.after})}" if found and found.after else "",
    }
    return render(request, "caching/keys.html", context)


def chosen(family: str, tenant: str) -> str:
    """The pattern of what was chosen without naming a key."""
    if not family and not tenant:
        return ""
    return pattern(family, tenant) if family else f"*{pattern('', tenant)}"


def known_places() -> Places:
    return places(snapshot(), targets())


def address(entry: Entry) -> str:
    return f"{fleet_path('cache-key')}?{urlencode(handle(entry))}"


def clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST]


def summary(found: Found, text: str) -> str:
    """What was looked at, in words: a search that was cut must not look like a whole one."""
    if not is_pattern(text):
        listed = "" if found.whole_l2 else f" Older generations in L2 among {human_number(found.looked_l2)} items only."
        return f"{human_number(len(found.entries))} found under this name.{listed}"
    places = []
    if found.looked_l1:
        rest = "and more are left" if found.after else "which is all"
        places.append(f"about {human_number(found.looked_l1)} keys of L1, {rest}")
    if found.looked_l2:
        rest = "which is all" if found.whole_l2 else "and more are left, which Memcached does not let one search"
        places.append(f"{human_number(found.looked_l2)} items of L2, {rest}")
    return f"{human_number(len(found.entries))} found. Looked at {'; '.join(places) or 'nothing'}."
