"""What a person may do in the fleet that the connection is on, and who stands in the change log for an operation."""

from django.db import connection

from novaops.audit.services import Actor, ActorKind
from novaops.fleets.models import Person
from novaops.fleets.rights import Right
from novaops.fleets.selectors import access
from novaops.operations.models import Operation


def fleet_slug() -> str:
    """The slug of the fleet whose schema the connection is on."""
    return str(connection.tenant.slug)  # type: ignore[attr-defined]


def rights_here(person: Person) -> frozenset[Right]:
    held = access(person, fleet_slug())
    return held.rights if held else frozenset()


def schedule_actor(number: int, made_by: str) -> Actor:
    """A schedule acts, for the person who made it."""
    return Actor.schedule(f"schedule {number} of {made_by}")


def requester(operation: Operation) -> Actor:
    """What a worker does for an operation is done for the person, schedule or operation that asked for it."""
    if operation.recurrence_id:
        return schedule_actor(operation.recurrence_id, operation.requested_by_name)
    if operation.parent_id:
        return Actor.automatic(f"operation {operation.parent_id} of {operation.requested_by_name}")
    return Actor(ActorKind.PERSON, operation.requested_by_name, operation.requested_by_id)
