"""What the pages about caches have in common: the spans of time, the tabs, the findings, the limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from caching.selectors.contents import Contents
from caching.views.tabs import tabs
from metrics import findings
from metrics.contract import Finding, Snapshot
from metrics.contract.snapshot import OLD_AFTER_CYCLES
from metrics.thresholds import HIT_RATIO_CRITICAL, MEMORY_WARNING
from novaops.fleets.requests import FleetRequest
from novaops.ui.formats import human_number

SPANS = {"30m": ("30 minutes", 30), "6h": ("6 hours", 360), "24h": ("24 hours", 1440)}


@dataclass(frozen=True, slots=True)
class Span:
    """The time that plots show; `links` chooses another one."""

    since: datetime
    links: SafeString


def span_of(request: FleetRequest, seen: Snapshot) -> Span:
    chosen = request.GET.get("span", "")
    span = chosen if chosen in SPANS else "30m"
    shown = [(key, label, key == span) for key, (label, _) in SPANS.items()]
    return Span(seen.at - timedelta(minutes=SPANS[span][1]), render_to_string("caching/_spans.html", {"spans": shown}))


def measured(contents: Contents) -> str:
    """How the largest keys were found."""
    if not contents.total:
        return ""
    return f"the largest of {human_number(contents.measured)} measured of {human_number(contents.total)} keys"


def found_on(seen: Snapshot, *words: str) -> list[Finding]:
    """The findings about caches; with words only those about one of these subjects."""
    found = [one for one in findings.current(seen, seen.at) if one.page == "caches"]
    return [one for one in found if not words or any(word in one.subject.split(",") for word in words)]


def shared(seen: Snapshot, current: str) -> dict[str, Any]:
    """What every page's context holds."""
    return {
        "tabs": tabs(current),
        "limit": seen.cycle_seconds * OLD_AFTER_CYCLES,
        "ratio_critical": HIT_RATIO_CRITICAL,
        "ratio_warning": HIT_RATIO_CRITICAL + 0.1,
        "memory_warning": MEMORY_WARNING,
    }
