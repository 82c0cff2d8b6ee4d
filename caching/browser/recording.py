"""The record of everybody who looked at what is masked."""

import hashlib

from caching.browser.entry import Entry
from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.fleets.rights import Right

SEEN = "cached value seen"


def note(entry: Entry, by: Person, reason: str) -> None:
    """Before the value is shown. The key itself may be a secret: its fingerprint says later whether it was this one."""
    record(
        SEEN,
        f"cache:{entry.tier}:{entry.shown}",
        actor=Actor.person(by),
        outcome=reason,
        data={
            "tier": entry.tier,
            "node": entry.node,
            "family": entry.parts.family,
            "tenant": entry.parts.tenant,
            "fingerprint": fingerprint(entry.key),
        },
    )


def fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def right_used(verb: str, kind: str) -> Right | None:
    """For the access review."""
    return Right.SEE_CACHED_VALUES if verb == SEEN else None
