"""Making tokens, taking them back, and finding out for whom one speaks."""

import hmac
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from novaops.api.models import ApiToken
from novaops.api.scopes import Scope, rights_within
from novaops.audit.services import Actor, ActorKind, record
from novaops.fleets.models import Person

logger = logging.getLogger(__name__)

# What secret scanners look for.
SHAPE = re.compile(r"novaops_(?P<slug>[a-z][a-z0-9-]{0,39})_(?P<id>[0-9]{1,18})_(?P<secret>[0-9a-f]{64})")
SECRET_BYTES = 32
HINT = 6
ONCE_A_MINUTE = timedelta(minutes=1)
NOBODYS = sha256(b"no token has this secret").hexdigest()


class TokenProblem(Exception):
    """Why a token is not made: a sentence for whoever asked."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that was accepted, and its person, cut down to the token's scopes."""

    token: ApiToken
    person: Person


def make(person: Person, name: str, scopes: Iterable[str], days: int, by: Person) -> tuple[ApiToken, str]:
    """The token and its text, which nobody can see again. Raises TokenProblem."""
    wanted = [scope.value for scope in Scope if scope.value in set(scopes)]
    most = settings.TOKEN_DAYS_MAX
    if not 1 <= days <= most:
        raise TokenProblem(f"expires: {days} days is not allowed; a token lives from 1 to {most} days.")
    if not wanted:
        raise TokenProblem(f"scopes: choose at least one of {', '.join(Scope.values)}.")
    secret = secrets.token_hex(SECRET_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            person=person,
            name=name.strip(),
            hint=secret[:HINT],
            digest=_digest(secret),
            scopes=wanted,
            created_by_name=by.get_username(),
            expires_at=timezone.now() + timedelta(days=days),
        )
        _note("token made", token, by, before={}, after=described(token))
    return token, f"novaops_{connection.tenant.slug}_{token.pk}_{secret}"  # type: ignore[attr-defined]


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


def authenticate(text: str, address: str) -> Bearer | None:
    """Whoever the token speaks for on the fleet whose schema the connection is on; None for every token that is wrong,
    expired, revoked or of somebody who is locked out: callers are not told which."""
    match = SHAPE.fullmatch(text)
    ours = match is not None and match["slug"] == connection.tenant.slug  # type: ignore[attr-defined]
    found = ApiToken.objects.select_related("person").filter(pk=int(match["id"])) if match and ours else ()
    token = next(iter(found), None)
    fits = hmac.compare_digest(_digest(match["secret"] if match else ""), token.digest if token else NOBODYS)
    why = _refusal(token, fits)
    if token is None or why:
        _refused(token, why, address)
        return None
    _used(token, address)
    token.person.limited_to = rights_within(token.scopes)
    return Bearer(token, token.person)


def _refusal(token: ApiToken | None, fits: bool) -> str:
    if token is None:
        return "There is no such token."
    if not fits:
        return "The secret is wrong."
    state = token.state(timezone.now())
    if state != "active":
        return f"The token is {state}."
    return "" if token.person.is_active else f"{token.person.get_username()} is locked out."


def _used(token: ApiToken, address: str) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - ONCE_A_MINUTE)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now, last_address=address)


def _refused(token: ApiToken | None, why: str, address: str) -> None:
    """At most one line, or one record of a token that exists, a minute."""
    if token is None:
        if cache.add(f"refused-token:{address}", True, ONCE_A_MINUTE.total_seconds()):
            logger.warning("A token from %s was refused. %s", address, why)
        return
    now = timezone.now()
    quiet = Q(refused_at=None) | Q(refused_at__lt=now - ONCE_A_MINUTE)
    with transaction.atomic():
        if ApiToken.objects.filter(quiet, pk=token.pk).update(refused_at=now):
            stranger = Actor(ActorKind.AUTOMATIC, "unknown caller")
            record("token refused", token.subject, actor=stranger, outcome=why, data={"address": address})


def _note(verb: str, token: ApiToken, by: Person, **data: Any) -> None:
    outcome = f"{token.name}, for {token.person.get_username()}: {', '.join(token.scopes)}"
    record(verb, token.subject, actor=Actor.person(by), outcome=outcome, data=data)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
