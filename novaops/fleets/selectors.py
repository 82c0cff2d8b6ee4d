"""Who is a member of which fleet, and what they may do there. Works on any schema: these tables are public."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser

from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.rights import RIGHTS, Right, Role


@dataclass(frozen=True, slots=True)
class Access:
    """A fleet that a person may enter, with their roles there, and the rights that a token limits them to."""

    fleet: Fleet
    roles: tuple[Role, ...]
    limited_to: frozenset[Right] | None = None

    @property
    def rights(self) -> frozenset[Right]:
        held = rights_of(self.roles)
        return held if self.limited_to is None else held & self.limited_to


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    return frozenset[Right]().union(*(RIGHTS[role] for role in roles))


def access(person: Person | AnonymousUser, slug: str) -> Access | None:
    """The person's way into a fleet; None when they are no member, or when there is no such fleet."""
    if not person.is_authenticated:
        return None
    held = list(Membership.objects.select_related("fleet").filter(person=person, fleet__slug=slug))
    return Access(held[0].fleet, _roles(held), person.limited_to) if held else None


def fleets_of(person: Person | AnonymousUser) -> tuple[Access, ...]:
    """Every fleet of the person, by name."""
    if not person.is_authenticated:
        return ()
    held: dict[int, list[Membership]] = {}
    memberships = Membership.objects.select_related("fleet").filter(person=person)
    for membership in memberships.order_by("fleet__name", "fleet__slug"):
        held.setdefault(membership.fleet_id, []).append(membership)
    return tuple(Access(group[0].fleet, _roles(group)) for group in held.values())


def _roles(memberships: Iterable[Membership]) -> tuple[Role, ...]:
    """In the order in which roles are declared; a role that this version does not know gives nothing."""
    held = {membership.role for membership in memberships}
    return tuple(role for role in Role if role.value in held)


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a fleet with every role that they hold there."""

    person: Person
    memberships: tuple[Membership, ...]


def members_of(fleet: Fleet) -> tuple[Member, ...]:
    """Everybody of the fleet, by name."""
    held: dict[int, list[Membership]] = {}
    rows = Membership.objects.filter(fleet=fleet).select_related("person").order_by("person__username", "since")
    for membership in rows:
        held.setdefault(membership.person_id, []).append(membership)
    return tuple(Member(group[0].person, tuple(group)) for group in held.values())
