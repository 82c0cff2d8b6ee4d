"""For whom a token speaks, or that it is none."""

import hmac
import logging
import re
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from novaops.api import guessing
from novaops.api.models import ApiToken
from novaops.api.scopes import rights_within
from novaops.api.tokens import digest
from novaops.audit.services import Actor, ActorKind, record
from novaops.fleets.models import Fleet, Person
from novaops.fleets.rights import Right
from novaops.fleets.selectors import access

logger = logging.getLogger(__name__)

# What secret scanners look for.
SHAPE = re.compile(r"novaops_(?P<slug>[a-z][a-z0-9-]{0,39})_(?P<id>[0-9]{1,18})_(?P<secret>[0-9a-f]{64})")
USE_NOTED_EVERY = timedelta(minutes=1)
REFUSAL_RECORDED_EVERY = timedelta(minutes=10)
NOBODYS = digest("no token has this secret")
STRANGER = Actor(ActorKind.AUTOMATIC, "unknown caller")


class TooManyGuesses(Exception):
    """So many wrong tokens came from there that none is looked at for a minute."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that was accepted, and its person, cut down to the token's scopes."""

    token: ApiToken
    person: Person


def authenticate(slug: str, text: str, address: str) -> Bearer | None:
    """Whoever the token speaks for on that fleet; None for every token that is wrong, expired, revoked, of another
    fleet or of somebody who is locked out: callers are not told which. Raises TooManyGuesses."""
    match = SHAPE.fullmatch(text)
    number = f"{match['slug']}:{match['id']}" if match else ""
    if guessing.exhausted(address, number):
        raise TooManyGuesses
    with schema_context("public"):
        ours = match is not None and match["slug"] == slug
        fleet = Fleet.objects.filter(slug=slug).first() if ours else None
    if match is None or fleet is None:
        _refused(None, "It is none of this fleet.", address, number)
        return None
    with tenant_context(fleet):
        return _examined(int(match["id"]), match["secret"], address, number)


def still_good(bearer: Bearer, slug: str) -> bool:
    """For streams that last: does the token still let its person see the fleet?"""
    with schema_context("public"):
        fleet = Fleet.objects.get(slug=slug)
    with tenant_context(fleet):
        token = ApiToken.objects.select_related("person").filter(pk=bearer.token.pk).first()
        held = access(bearer.person, slug)
        return not _refusal(token, fits=True) and held is not None and Right.VIEW in held.rights


def _examined(pk: int, secret: str, address: str, number: str) -> Bearer | None:
    token = ApiToken.objects.select_related("person").filter(pk=pk).first()
    fits = hmac.compare_digest(digest(secret), token.digest if token else NOBODYS)
    why = _refusal(token, fits)
    if token is None or why:
        _refused(token, why, address, number)
        return None
    _used(token, address)
    person = token.person
    person.limited_to = rights_within(token.scopes, machine=person.is_machine)
    person.through = token.subject
    return Bearer(token, person)


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
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now, last_address=address)


def _refused(token: ApiToken | None, why: str, address: str, number: str) -> None:
    """Counted; and, now and then, a record for a token that exists or a line of the log for one that does not."""
    count = guessing.count(address, number)
    if token is None:
        if count in (1, guessing.PER_ADDRESS):
            logger.warning("Token refused, the %s. of %s in a minute. %s", count, address, why)
        return
    now = timezone.now()
    quiet = Q(refused_at=None) | Q(refused_at__lt=now - REFUSAL_RECORDED_EVERY)
    with transaction.atomic():
        if ApiToken.objects.filter(quiet, pk=token.pk).update(refused_at=now):
            record("token refused", token.subject, actor=STRANGER, outcome=why, data={"address": address})
