"""What the page of checkpoints shows, put into words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from novaops.audit import stored, verification
from novaops.audit.checkpoints import last
from novaops.audit.integrity import Integrity, Place, integrity, places, proven_to
from novaops.audit.models import Checkpoint, Pruning, Verification
from novaops.fleets.ownership import weaknesses
from novaops.fleets.paths import fleet_path
from novaops.ui.formats import human_number

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Said:
    """`state` is a badge's word."""

    state: str
    title: str
    sentence: str


NOBODY = Said("warning", "Nobody makes checkpoints", "Records wait for one: see whether a worker and beat run.")
NONE_YET = Said("unknown", "No checkpoint yet", "The first one is made some minutes after the first record.")
NOTHING_OUTSIDE = Said(
    "warning", "Nothing lies outside the database", "Whoever has it and the key could rewrite the past unseen."
)
WELL = Said("ok", "Signed, and kept outside", "Whoever rewrites the past is found out by the copies.")


def page_of_checkpoints(now: datetime) -> dict[str, Any]:
    """The context of templates/audit/checkpoints.html. Asks the control database alone."""
    found, newest, end = integrity(now), last(), stored.end()[0]
    outside, misnamed = _outside(newest)
    proven, prunings = proven_to(outside), list(Pruning.objects.order_by("-number")[:SHOWN])
    return {
        "verdict": _verdict(found, newest, outside, now),
        "signing": found.signing,
        "last": newest,
        "rows": Checkpoint.objects.order_by("-number")[:SHOWN],
        "count": f"{human_number(newest.number)} in all" if newest else "",
        "prunings": prunings,
        "gone": prunings[0].last if prunings else 0,
        "uncovered": end - (newest.sequence if newest else 0),
        "uncovered_since": found.uncovered_since,
        "outside": outside,
        "misnamed": misnamed,
        "proven": proven,
        "unproven": end - proven,
        "verified": found.verified,
        "asked": _asked(found.verified),
        "running": verification.running(now),
        "waiting": verification.waiting(now),
        "verify_seconds": settings.VERIFY_MINUTES * 60 * 3,
        "minutes": settings.CHECKPOINT_MINUTES,
        "weaknesses": weaknesses(),
        "crumbs": [("Change log", fleet_path("changes")), ("Checkpoints", "")],
    }


def _asked(verified: Verification | None) -> str:
    if verified is None or verified.asked_by == verification.BY_ITSELF:
        return verification.BY_ITSELF
    return f"asked by {verified.asked_by}"


def _outside(newest: Checkpoint | None) -> tuple[list[Place], str]:
    """The places, and what is wrong with how they are named."""
    try:
        return places(newest), ""
    except ImproperlyConfigured as error:
        return [], str(error)


def _verdict(found: Integrity, newest: Checkpoint | None, outside: list[Place], now: datetime) -> Said:
    """The worst first."""
    verified, signing = found.verified, found.signing
    if verified and not verified.whole:
        return Said("critical", "The change log is not what was written", verified.sentence)
    if signing and signing.problem:
        return Said("critical" if signing.altered else "warning", "No checkpoint is made", signing.problem)
    if found.nobody_signs(now):
        return NOBODY
    if newest is None:
        return NONE_YET
    if not any(place.delivery and place.delivery.delivered for place in outside):
        return NOTHING_OUTSIDE
    return WELL
