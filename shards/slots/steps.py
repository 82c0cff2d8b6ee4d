"""How a slot is dropped: as the sweeper drops one, under the shard's fence, by what the plan saw. Who reads from it is
ended right before, where the plan says so: it comes back within moments, and would hold the slot again."""

from collections.abc import Mapping

from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from shards.decoding.slots import end_reader, state_of
from shards.leftovers.place import Place
from shards.leftovers.remembering import forget
from shards.leftovers.removal import objects
from shards.leftovers.removal.acting import acting, reading
from shards.leftovers.sorts import Sort
from shards.moves.patroni_slots import forget_dropped
from shards.slots.plan import DROP


def drop(context: StepContext) -> str:
    place, identity = _place(context), context.arguments["identity"]
    with acting(context) as session:
        if not objects.is_there(session, place, identity):
            return f"{place.name} was gone already."
        if context.arguments["end_reader"] and (found := state_of(session, place.name)):
            end_reader(session, found)
            found = state_of(session, place.name)
            if found and found.active:
                raise TransientProblem(f"{place.name} is read again, by process {found.active_pid}.")
        said = objects.THINGS[Sort.SLOT].drop(session, place, identity)
    if not is_gone(context):
        raise PermanentProblem(f"{place.name} is there again: somebody made it anew.")
    problem = forget_dropped(place.shard, place.name)
    return f"{said} Patroni still names it in ignore_slots: {problem}" if problem else said


def is_gone(context: StepContext) -> bool:
    place = _place(context)
    with reading(context) as (_, session):
        there = objects.is_there(session, place, context.arguments["identity"])
    if not there:
        forget(place)
    return not there


def _place(context: StepContext) -> Place:
    """As the sweeper names it."""
    return Place(Sort.SLOT, context.arguments["shard"], context.arguments["slot"])


STEPS: Mapping[str, Step] = {DROP: Step(run=drop, done=is_gone, timeout_seconds=60, attempts=8)}
