"""Making tokens and taking them back."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from novaops.api.models import ApiToken
from novaops.api.scopes import FOR_PEOPLE, Scope
from novaops.audit.services import Actor, record
from novaops.fleets.models import Person

SECRET_BYTES = 32
HINT = 6


class TokenProblem(Exception):
    """Why a token is not made: a sentence for whoever asked, and the field that it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def make(person: Person, name: str, scopes: Iterable[str], days: int, by: Person) -> tuple[ApiToken, str]:
    """The token and its text, which nobody can see again. Raises TokenProblem."""
    wanted = [scope for scope in Scope if scope.value in set(scopes)]
    _check(person, wanted, days)
    secret = secrets.token_hex(SECRET_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            person=person,
            name=name.strip(),
            hint=secret[:HINT],
            digest=digest(secret),
            scopes=[scope.value for scope in wanted],
            created_by_name=by.get_username(),
            expires_at=timezone.now() + timedelta(days=days),
        )
        _note("token made", token, by, before={}, after=described(token))
    return token, f"novaops_{connection.tenant.slug}_{token.pk}_{secret}"  # type: ignore[attr-defined]


def _check(person: Person, wanted: list[Scope], days: int) -> None:
    most = settings.TOKEN_DAYS_MAX
    if not 1 <= days <= most:
        raise TokenProblem("days", f"A token lives from 1 to {most} days, not {days}.")
    if not wanted:
        raise TokenProblem("scopes", f"Choose at least one of {', '.join(Scope.values)}.")
    if person.is_machine and (human := [scope.value for scope in wanted if scope in FOR_PEOPLE]):
        raise TokenProblem("scopes", f"A machine judges nothing: {', '.join(human)} is for people alone.")


def revoke(token: ApiToken, by: Person) -> bool:
    """False when somebody had revoked it already."""
    before = described(token)
    with transaction.atomic():
        living = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        changed = bool(living.update(revoked_at=timezone.now(), revoked_by_name=by.get_username()))
        token.refresh_from_db()
        if changed:
            _note("token revoked", token, by, before=before, after=described(token))
    return changed


def described(token: ApiToken) -> dict[str, Any]:
    """For the change log: everything but the secret."""
    return {
        "person": token.person.get_username(),
        "name": token.name,
        "begins_with": token.prefix,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def _note(verb: str, token: ApiToken, by: Person, **data: Any) -> None:
    outcome = f"{token.name}, for {token.person.get_username()}: {', '.join(token.scopes)}"
    record(verb, token.subject, actor=Actor.person(by), outcome=outcome, data=data)


def digest(secret: str) -> str:
    """What is stored of a secret. It is random, so a slow hash would add nothing."""
    return sha256(secret.encode()).hexdigest()
