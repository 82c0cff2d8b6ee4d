"""Making people, and giving and taking roles."""

from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django_tenants.utils import schema_context

from novaops.fleets.models import Fleet, Membership, Person
from novaops.fleets.problems import FleetProblem
from novaops.fleets.rights import Role
from novaops.fleets.services import fleet_named
from novaops.fleets.signals import role_changed


@dataclass(frozen=True, slots=True)
class Grant:
    """One role on one fleet, as written `demo:operator`."""

    fleet: Fleet
    role: Role


def parse_grant(text: str) -> Grant:
    slug, colon, role = text.partition(":")
    if not colon or not slug or not role:
        raise FleetProblem(f"grant: {text!r} is not FLEET:ROLE, such as demo:operator.")
    return Grant(fleet_named(slug), role_named(role))


def role_named(text: str) -> Role:
    if text not in Role.values:
        raise FleetProblem(f"role: {text!r} is none. Allowed: {', '.join(Role.values)}.")
    return Role(text)


def person_named(username: str) -> Person:
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise FleetProblem(f"username: there is no person {username!r}. `manage.py person create` makes one.")
    return person


def create_machine(username: str) -> tuple[Person, bool]:
    """The machine of that name, which no password signs in; True when it was made."""
    person = Person.objects.filter(username=username).first()
    if person is not None and not person.is_machine:
        raise FleetProblem(f"username: {username!r} is a person already, and a person does not become a machine.")
    if person is not None:
        return person, False
    person = Person(username=username, is_machine=True)
    person.set_unusable_password()
    _check(person)
    person.save()
    return person, True


def create_person(username: str, password: str | None, email: str = "") -> tuple[Person, bool]:
    """The person of that name; a password that differs from theirs replaces it. True when the person was made."""
    person = Person.objects.filter(username=username).first()
    if person is not None and person.is_machine:
        raise FleetProblem(f"username: {username!r} is a machine, which has tokens and no password.")
    made = person is None
    person = person or Person(username=username)
    if made and password is None:
        raise FleetProblem(f"password: {username!r} is new and needs one, by --password-file or --password-env.")
    person.email = email or person.email
    if password is not None and (made or not person.check_password(password)):
        _set_password(person, password)
    _check(person)
    person.save()
    return person, made


def let_in(person: Person, wanted: bool) -> bool:
    """Whether they may sign in at all; False when that was so already. Their roles stay, and so does their history."""
    changed = person.is_active != wanted
    if changed:
        person.is_active = wanted
        person.save(update_fields=["is_active"])
    return changed


def _set_password(person: Person, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise FleetProblem(f"password of {person.username!r}: {' '.join(error.messages)}") from error
    person.set_password(password)


def _check(person: Person) -> None:
    try:
        person.full_clean()
    except ValidationError as error:
        sentences = [f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()]
        raise FleetProblem(f"{person.username!r} cannot be made. {' '.join(sentences)}") from error


def grant(person: Person, wanted: Grant, by: Person | None = None) -> bool:
    """Gives the role and tells who listens; False when the person held it already."""
    name = by.username if by else "command line"
    with schema_context("public"), transaction.atomic():
        made = Membership.objects.get_or_create(
            person=person, fleet=wanted.fleet, role=wanted.role, defaults={"granted_by": name}
        )[1]
        if made:
            _tell(person, wanted, granted=True, by=by)
    return made


def revoke(person: Person, unwanted: Grant, by: Person | None = None) -> bool:
    """Takes the role and tells who listens; False when the person did not hold it. The last admin of a fleet stays."""
    with schema_context("public"), transaction.atomic():
        Fleet.objects.select_for_update().get(pk=unwanted.fleet.pk)
        held = Membership.objects.filter(fleet=unwanted.fleet, role=unwanted.role)
        others = held.exclude(person=person).exists()
        if unwanted.role is Role.ADMIN and by is not None and not others:
            raise FleetProblem(
                f"{person.username} is the last admin of {unwanted.fleet.name}: grant another one first."
            )
        taken = bool(held.filter(person=person).delete()[0])
        if taken:
            _tell(person, unwanted, granted=False, by=by)
    return taken


def _tell(person: Person, what: Grant, granted: bool, by: Person | None) -> None:
    role_changed.send(sender=Membership, fleet=what.fleet, person=person, role=what.role, granted=granted, by=by)
