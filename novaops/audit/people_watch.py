"""Changes of people's accounts, whoever makes them and by which way: each is a record in every fleet of the person."""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_save, pre_delete, pre_save
from django_tenants.utils import schema_context, tenant_context

from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet, Person

SHOWN = ("username", "email", "is_active", "is_superuser", "is_staff", "is_machine")
WATCHED = frozenset({*SHOWN, "password"})
WHO = Actor.automatic("command line")
"""No page changes an account."""


def watch() -> None:
    pre_save.connect(remember, sender=Person, dispatch_uid="audit")
    post_save.connect(tell, sender=Person, dispatch_uid="audit")
    pre_delete.connect(tell_of_removal, sender=Person, dispatch_uid="audit")


def remember(sender: type[Model], instance: Person, update_fields: Collection[str] | None, **rest: Any) -> None:
    """The account as it is stored, for `tell`."""
    watched = WATCHED if update_fields is None else WATCHED.intersection(update_fields)
    stored = Person.objects.filter(pk=instance.pk).first() if instance.pk and watched else None
    instance.stored_before = stored  # type: ignore[attr-defined]
    instance.password_is_new = getattr(instance, "_password", None) is not None  # type: ignore[attr-defined]


def tell(sender: type[Model], instance: Person, **rest: Any) -> None:
    stored = instance.__dict__.pop("stored_before", None)
    if stored is None:
        return
    for verb, data in _changes(stored, instance, instance.__dict__.pop("password_is_new", False)):
        _in_each_fleet(instance, verb, data)


def tell_of_removal(sender: type[Model], instance: Person, **rest: Any) -> None:
    _in_each_fleet(instance, "person removed", {})


def _changes(before: Person, after: Person, password_is_new: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """A password that is only stored by a newer algorithm, as signing in does, is no change."""
    if password_is_new and before.password != after.password:
        yield "password changed", {}
    old, new = ({name: getattr(one, name, None) for name in SHOWN} for one in (before, after))
    names = [name for name in SHOWN if old[name] != new[name]]
    if names:
        verb = "person changed"
        if names == ["is_active"]:
            verb = "person let in again" if after.is_active else "person locked out"
        yield verb, {"before": {name: old[name] for name in names}, "after": {name: new[name] for name in names}}


def _in_each_fleet(person: Person, verb: str, data: dict[str, Any]) -> None:
    with schema_context("public"):
        fleets = list(Fleet.objects.filter(memberships__person=person).distinct())
    for fleet in fleets:
        with tenant_context(fleet):
            record(verb, f"person:{person.get_username()}", actor=WHO, data=data)
