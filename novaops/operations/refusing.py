"""A refusal is a sentence, and a record."""

from collections.abc import Callable
from typing import Any, NoReturn

from novaops.audit.services import Actor, record
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind
from novaops.operations.models import Operation
from novaops.operations.people import rights_here
from novaops.operations.planning import kind_named
from novaops.operations.problems import NotAllowed, Refused


def refuse(subject: str, person: Person, reason: str, problem: Callable[[str], Refused] = Refused) -> NoReturn:
    record("operation refused", subject, actor=Actor.person(person), outcome=reason)
    raise problem(reason)


def demand_right(kind: Kind[Any], person: Person, subject: str) -> None:
    """Raises NotAllowed, and records it, when the person lacks the right that the kind needs."""
    demand(kind.right, person, subject, kind.title)


def demand_right_on(operation: Operation, person: Person) -> None:
    demand_right(kind_named(operation.kind), person, operation.subject)


def demand(right: Right, person: Person, subject: str, what: str) -> None:
    if right not in rights_here(person):
        sentence = f"{what} needs the right “{right.label}”, which {person.get_username()} does not hold here."
        refuse(subject, person, sentence, NotAllowed)
