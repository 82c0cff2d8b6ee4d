"""The review of one fleet, put together from its memberships, the change log and what other rooms know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from novaops.audit.access.registry import Credential, credentials_of
from novaops.audit.access.uses import Use, Uses, last_uses
from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import RIGHTS, Right, Role
from novaops.fleets.selectors import Member, members_of

UNUSED_AFTER = timedelta(days=90)
# Who reads is not recorded, only who exports; and it is good when there was no emergency.
NEVER_MARKED = frozenset({Right.READ_CHANGE_LOG, Right.BREAK_GLASS})


@dataclass(frozen=True, slots=True)
class HeldRight:
    """`since` is when the first of the roles that hold it was given."""

    right: Right
    since: datetime
    use: Use | None
    unused: bool


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One person. `last` is the last thing that they did themselves; `signed_in_at` is on this fleet or, where the
    change log does not say it, on any."""

    person: Person
    memberships: tuple[Membership, ...]
    rights: tuple[HeldRight, ...]
    signed_in_at: datetime | None
    last: Use | None
    credentials: tuple[Credential, ...]
    unused: bool

    @property
    def seen_at(self) -> datetime | None:
        """When a credential of theirs was used last."""
        return max((one.used_at for one in self.credentials if one.used_at), default=None)

    @property
    def machine(self) -> bool:
        return bool(getattr(self.person, "is_machine", False))

    @property
    def marked(self) -> bool:
        """There is something to take away."""
        return self.unused or not self.person.is_active or any(held.unused for held in self.rights)


def review(fleet: Fleet, now: datetime) -> tuple[Reviewed, ...]:
    """Everybody who holds a role, by name. Asks inside the fleet's schema."""
    members = members_of(fleet)
    uses = last_uses([member.person.get_username() for member in members])
    credentials = credentials_of([member.person.pk for member in members])
    return tuple(
        _reviewed(one, uses.get(one.person.get_username(), Uses()), credentials.get(one.person.pk, ()), now)
        for one in members
    )


def _reviewed(member: Member, uses: Uses, credentials: tuple[Credential, ...], now: datetime) -> Reviewed:
    since = min(held.since for held in member.memberships)
    seen = max((one.used_at for one in credentials if one.used_at), default=None)
    return Reviewed(
        person=member.person,
        memberships=member.memberships,
        rights=tuple(_held(right, member.memberships, uses, seen, now) for right in _rights(member.memberships)),
        signed_in_at=uses.signed_in.at if uses.signed_in else member.person.last_login,
        last=uses.last,
        credentials=credentials,
        unused=_unused(now, since, uses.last.at if uses.last else None, seen),
    )


def _rights(memberships: Sequence[Membership]) -> list[Right]:
    return [right for right in Right if any(_gives(held, right) for held in memberships)]


def _gives(held: Membership, right: Right) -> bool:
    """A role that this version does not know gives nothing."""
    return held.role in Role.values and right in RIGHTS[Role(held.role)]


def _held(
    right: Right, memberships: Sequence[Membership], uses: Uses, seen: datetime | None, now: datetime
) -> HeldRight:
    """`seen` is when a credential was last used, which is seeing at least."""
    since, use = min(held.since for held in memberships if _gives(held, right)), uses.of(right)
    times = (use.at if use else None, seen if right is Right.VIEW else None)
    return HeldRight(right, since, use, right not in NEVER_MARKED and _unused(now, since, *times))


def _unused(now: datetime, since: datetime, *uses: datetime | None) -> bool:
    return max([since, *(at for at in uses if at)]) < now - UNUSED_AFTER
