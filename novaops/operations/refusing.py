"""A refusal is a sentence, and a record."""

from collections.abc import Callable, Collection
from typing import Any, NoReturn

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind
from novaops.operations.people import rights_here
from novaops.operations.problems import NotAllowed, Refused


def refuse(subject: str, actor: Actor, reason: str, problem: Callable[[str], Refused] = Refused) -> NoReturn:
    record("operation refused", subject, actor=actor, outcome=reason)
    raise problem(reason)


def demand_right(kind: Kind[Any], person: Person, subject: str) -> None:
    """Raises NotAllowed, and records it, when the person lacks the right that the kind needs."""
    demand(kind.right, person, subject, kind.title)


def demand(right: Right, person: Person, subject: str, what: str) -> None:
    demand_any((right,), person, subject, what)


def demand_any(rights: Collection[Right], person: Person, subject: str, what: str) -> None:
    """Raises NotAllowed, and records it, when the person holds none of these rights."""
    if rights_here(person).isdisjoint(rights):
        wanted = " or ".join(f"“{right.label}”" for right in rights)
        sentence = f"{what} needs the right {wanted}, which {person.get_username()} does not hold here."
        refuse(subject, Actor.person(person), sentence, NotAllowed)
