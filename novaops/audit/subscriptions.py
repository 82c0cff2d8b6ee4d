"""What other rooms announce and the change log writes down: signing in and out, rights, refusals, settings, imports."""

import logging
from collections.abc import Mapping
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django_tenants.utils import tenant_context

from novaops.audit.people_watch import watch
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet, Person
from novaops.fleets.rights import Role
from novaops.fleets.signals import change_refused, role_changed, setting_changed
from novaops.inventory.services import Imported
from novaops.inventory.signals import fleet_imported, passwords_resealed

logger = logging.getLogger(__name__)


def subscribe() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="audit")
    user_logged_out.connect(signed_out, dispatch_uid="audit")
    user_login_failed.connect(sign_in_failed, dispatch_uid="audit")
    user_locked_out.connect(locked_out, dispatch_uid="audit")
    role_changed.connect(changed_role, dispatch_uid="audit")
    change_refused.connect(refused_change, dispatch_uid="audit")
    setting_changed.connect(changed_setting, dispatch_uid="audit")
    fleet_imported.connect(imported_fleet, dispatch_uid="audit")
    passwords_resealed.connect(resealed_passwords, dispatch_uid="audit")
    watch()


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
    name, actor = person.get_username(), _who(by)
    verb = "role granted" if granted else "role withdrawn"
    with tenant_context(fleet):
        record(verb, f"person:{name}", actor=actor, outcome=f"{name}: {role.value}", data={"role": role.value})


def imported_fleet(sender: object, fleet: Fleet, imported: Imported, by: Person | None, **rest: Any) -> None:
    names = ("added", "changed", "gone", "before", "after")
    changes = {name: getattr(imported, name) for name in names}
    record("fleet imported", f"fleet:{fleet.slug}", actor=_who(by), outcome=imported.sentence, data=changes)


def resealed_passwords(sender: object, count: int, **rest: Any) -> None:
    record("passwords resealed", "inventory", actor=_who(None), outcome=f"{count} passwords under the newest key.")


def refused_change(sender: object, person: Person, what: str, reason: str, **rest: Any) -> None:
    """Of operations, the services refuse, and record it themselves."""
    record("change refused", f"page:{what}", actor=Actor.person(person), outcome=reason)


def changed_setting(
    sender: object, fleet: Fleet, name: str, before: Any, after: Any, outcome: str, by: Person | None, **rest: Any
) -> None:
    with tenant_context(fleet):
        data = {"before": before, "after": after}
        record("setting changed", f"setting:{name}", actor=_who(by), outcome=outcome, data=data)


def _who(by: Person | None) -> Actor:
    return Actor.person(by) if by else Actor.automatic("command line")


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
