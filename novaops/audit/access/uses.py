"""When each person did what for the last time, as the change log tells."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.models import QuerySet

from novaops.audit.access.registry import rights_used
from novaops.audit.actors import ActorKind
from novaops.audit.expressions import has_words
from novaops.audit.models import Record
from novaops.audit.stories import STEP_STATES
from novaops.fleets.rights import Right

LAST_USES = (Path(__file__).resolve().parent.parent / "sql" / "last_uses.sql").read_text()
SIGNED_IN = "signed in"
# What a worker does for somebody, or what was tried in somebody's name, is nothing that they did.
BY_OTHERS = frozenset(STEP_STATES) | {
    "operation started", "operation resumed", "operation paused", "operation being taken back",
    "operation done", "operation failed", "operation errored", "operation stale", "sign-in failed", "sign-in locked",
}  # fmt: skip
OWN_USES = {
    "role granted": Right.MANAGE_FLEET,
    "role withdrawn": Right.MANAGE_FLEET,
    "fleet imported": Right.MANAGE_FLEET,
    "setting changed": Right.MANAGE_FLEET,
    "change log exported": Right.READ_CHANGE_LOG,
    "access review exported": Right.READ_CHANGE_LOG,
}


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that somebody did, for the last time in record `sequence`. `right` is one that it used, where neither
    verb nor kind tell that."""

    verb: str
    kind: str
    sequence: int
    at: datetime
    right: Right | None = None


@dataclass(frozen=True, slots=True)
class Uses:
    """Everything that one person did, each for the last time."""

    each: tuple[Use, ...] = ()

    @property
    def last(self) -> Use | None:
        return _newest(use for use in self.each if use.verb not in BY_OTHERS)

    @property
    def signed_in(self) -> Use | None:
        return _newest(use for use in self.each if use.verb == SIGNED_IN)

    def of(self, right: Right) -> Use | None:
        """To see the fleet is used by whatever somebody does."""
        if right is Right.VIEW:
            return self.last
        return _newest(use for use in self.each if use.right is right or right in rights_used(use.verb, use.kind))


def last_uses(names: Collection[str]) -> dict[str, Uses]:
    """By the person's name. Quick however long the change log is: one descent of an index for each thing done."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_USES, [list(names)])
        found: dict[str, list[Use]] = defaultdict(list)
        for name, *rest in cursor.fetchall():
            found[name].append(Use(*rest))
    for entry in _emergencies(names):
        found[entry.actor].append(Use(entry.verb, "", entry.sequence, entry.at, Right.BREAK_GLASS))
    return {name: Uses(tuple(uses)) for name, uses in found.items()}


def _emergencies(names: Collection[str]) -> QuerySet[Record]:
    """What was confirmed by break-glass: seldom, and found by that word."""
    confirmed = Record.objects.filter(verb="operation confirmed", actor__in=names, actor_kind=ActorKind.PERSON)
    return confirmed.filter(has_words("break_glass"), data__break_glass=True).defer("data")


def own_use(verb: str, kind: str) -> Right | None:
    """What the rooms up to this one record."""
    return OWN_USES.get(verb)


def _newest(uses: Iterable[Use]) -> Use | None:
    return max(uses, key=lambda use: use.sequence, default=None)
