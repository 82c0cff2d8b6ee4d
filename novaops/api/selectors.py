"""Reading tokens."""

from django.db.models import QuerySet

from novaops.api.models import ApiToken
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.fleets.uses import Use


def tokens_seen_by(person: Person, rights: frozenset[Right]) -> QuerySet[ApiToken]:
    """One's own; everybody's for those who manage the fleet."""
    found = ApiToken.objects.select_related("person")
    return found if Right.MANAGE_FLEET in rights else found.filter(person=person)


def last_uses() -> dict[int, Use]:
    """By person's id, for the access review: the token of theirs that was used last."""
    used = ApiToken.objects.filter(last_used_at__isnull=False).order_by("last_used_at")
    return {token.person_id: Use(token.last_used_at, f"token {token}") for token in used if token.last_used_at}
