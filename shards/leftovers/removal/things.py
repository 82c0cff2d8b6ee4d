"""The step of `leftover-remove`: one thing, in one transaction. It first asks whether the thing is still what the plan
saw; one of the same name that was made anew stays."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import target
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem
from shards.clients.pgbouncer import PgBouncer
from shards.exceptions import ShardError
from shards.fences import fence
from shards.leftovers.control import stale_locks
from shards.leftovers.place import Place
from shards.leftovers.remembering import forget
from shards.leftovers.removal import objects
from shards.leftovers.removal.acting import acting, acting_apart, reading
from shards.leftovers.sorts import Sort
from shards.moves.patroni_slots import forget_dropped
from shards.pools.probes import facts_of

GONE = "{name} was gone already."


def gone(context: StepContext) -> bool:
    place = place_of(context)
    if not _there(context, place):
        forget(place)
        return True
    return False


def remove(context: StepContext) -> str:
    place = place_of(context)
    said = _remove(context, place)
    forget(place)
    return said


def place_of(context: StepContext) -> Place:
    return Place.parse(context.arguments["leftover"])


def _there(context: StepContext, place: Place) -> bool:
    if place.sort is Sort.POOL:
        return _paused(place)
    if place.sort is Sort.LOCK:
        return any(str(lock) == place.name for lock in stale_locks())
    with reading(context, _database(place)) as (_, session):
        return objects.is_there(session, place, context.arguments["identity"])


def _remove(context: StepContext, place: Place) -> str:
    if place.sort is Sort.POOL:
        return _resume(context, place)
    if place.sort is Sort.LOCK:
        return _free(context, place)
    identity = context.arguments["identity"]
    if place.sort is Sort.FENCE:
        return _lift(context, place, identity)
    thing = objects.THINGS[place.sort]
    act = acting_apart if thing.apart else acting
    with act(context, _database(place)) as session:
        if not objects.is_there(session, place, identity):
            return GONE.format(name=place.name)
        said = thing.drop(session, place, identity)
    return f"{said}{_told(place)}"


def _told(place: Place) -> str:
    """Patroni was told to leave a move's slot alone."""
    problem = forget_dropped(place.shard, place.name) if place.sort is Sort.SLOT else ""
    return f" Patroni still names it in ignore_slots: {problem}" if problem else ""


def _database(place: Place) -> str:
    """Slots and fences are the shard's, whichever database a slot decodes."""
    return "" if objects.THINGS[place.sort].in_main else place.database


def _lift(context: StepContext, place: Place, identity: Mapping[str, Any]) -> str:
    """A fence that is ahead of this console's tokens would refuse its own removal: it goes by its exact token, and this
    operation's fence comes in its place, in one transaction."""
    with reading(context) as (session, _), session.transaction():
        context.hold()
        if not objects.is_there(session, place, identity):
            return GONE.format(name=place.name)
        said = objects.THINGS[Sort.FENCE].drop(session, place, identity)
        fence(session, context)
        return said


def _paused(place: Place) -> bool:
    with _answering(place):
        found = facts_of(_pool(place).report()).database(place.database)
    return found is not None and found.paused


def _resume(context: StepContext, place: Place) -> str:
    context.hold()
    with _answering(place):
        _pool(place).resume(place.database)
    return f"{place.name} is resumed: the clients of {place.database} go on."


@contextmanager
def _answering(place: Place) -> Iterator[None]:
    try:
        yield
    except ShardError as problem:
        kind = PermanentProblem if problem.permanent else TransientProblem
        raise kind(f"{place.name}: {problem}") from problem


def _pool(place: Place) -> PgBouncer:
    return PgBouncer(target(ServerKind.PGBOUNCER, place.name))


def _free(context: StepContext, place: Place) -> str:
    with transaction.atomic():
        context.hold()
        for lock in stale_locks():
            if str(lock) == place.name:
                lock.delete()
                return f"Lock {place.name} is free."
    return GONE.format(name=place.name)
