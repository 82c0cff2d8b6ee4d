"""Reading tokens."""

from collections.abc import Collection

from django.db.models import QuerySet
from django.db.models.functions import Now

from novaops.api.models import ApiToken
from novaops.audit.access.registry import Credential
from novaops.fleets.models import Person
from novaops.fleets.rights import Right


def tokens_seen_by(person: Person, rights: frozenset[Right]) -> QuerySet[ApiToken]:
    """One's own; everybody's for those who manage the fleet."""
    found = ApiToken.objects.select_related("person")
    return found if Right.MANAGE_FLEET in rights else found.filter(person=person)


def machines_of(person: Person) -> set[int]:
    """The machines that somebody made a token of here: they saw its text, whatever became of it since."""
    made = ApiToken.objects.filter(created_by_name=person.get_username(), person__is_machine=True)
    return set(made.values_list("person_id", flat=True))


def credentials(people: Collection[int]) -> dict[int, list[Credential]]:
    """For the access review: the tokens of each person that can be used now, by the person's id."""
    found: dict[int, list[Credential]] = {}
    valid = ApiToken.objects.filter(person_id__in=people, revoked_at=None, expires_at__gt=Now()).order_by("id")
    for token in valid:
        scopes = ", ".join(token.scopes)
        held = Credential(f"token {token.name}", scopes, token.created_at, token.expires_at, token.last_used_at)
        found.setdefault(token.person_id, []).append(held)
    return found
