"""What other rooms announce and the change log writes down: signing in and out, rights, imports."""

import logging
from collections.abc import Mapping
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django_tenants.utils import tenant_context

from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet, Person
from novaops.fleets.rights import Role
from novaops.fleets.signals import role_changed
from novaops.inventory.services import Imported
from novaops.inventory.signals import fleet_imported

logger = logging.getLogger(__name__)


def subscribe() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="audit")
    user_logged_out.connect(signed_out, dispatch_uid="audit")
    user_login_failed.connect(sign_in_failed, dispatch_uid="audit")
    user_locked_out.connect(locked_out, dispatch_uid="audit")
    role_changed.connect(changed_role, dispatch_uid="audit")
    fleet_imported.connect(imported_fleet, dispatch_uid="audit")


def signed_in(sender: object, request: HttpRequest, user: Person, **rest: Any) -> None:
    _in_each_fleet_of(user, "signed in", _from_where(request))


def signed_out(sender: object, request: HttpRequest, user: Person | None, **rest: Any) -> None:
    if user is not None:
        _in_each_fleet_of(user, "signed out", _from_where(request))


def sign_in_failed(
    sender: object, credentials: Mapping[str, Any], request: HttpRequest | None = None, **rest: Any
) -> None:
    """Known names only: a failed try of a name that belongs to nobody belongs to no fleet."""
    _about_name(str(credentials.get("username", "")), "sign-in failed", request)


def locked_out(sender: object, username: str, request: HttpRequest | None = None, **rest: Any) -> None:
    _about_name(username, "sign-in locked", request)


def changed_role(
    sender: object, fleet: Fleet, person: Person, role: Role, granted: bool, by: Person | None, **rest: Any
) -> None:
    """Part of the transaction that gives or takes the role."""
    actor = Actor.person(by) if by else Actor.automatic("command line")
    name = person.get_username()
    verb = "role granted" if granted else "role withdrawn"
    with tenant_context(fleet):
        record(verb, f"person:{name}", actor=actor, outcome=f"{name}: {role.value}", data={"role": role.value})


def imported_fleet(sender: object, fleet: Fleet, imported: Imported, by: Person | None, **rest: Any) -> None:
    actor = Actor.person(by) if by else Actor.automatic("command line")
    changes = {"added": imported.added, "changed": imported.changed, "gone": imported.gone}
    record("fleet imported", f"fleet:{fleet.slug}", actor=actor, outcome=imported.sentence, data=changes)


def _about_name(username: str, verb: str, request: HttpRequest | None) -> None:
    person = Person.objects.filter(username=username).first()
    if person is None:
        logger.warning("%s: nobody is named %r", verb, username[:100])
    else:
        _in_each_fleet_of(person, verb, _from_where(request))


def _in_each_fleet_of(person: Person, verb: str, data: dict[str, str]) -> None:
    for fleet in Fleet.objects.filter(memberships__person=person).distinct():
        with tenant_context(fleet):
            record(verb, f"person:{person.get_username()}", actor=Actor.person(person), data=data)


def _from_where(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        return {}
    return {"address": request.META.get("REMOTE_ADDR", ""), "browser": request.META.get("HTTP_USER_AGENT", "")[:200]}
