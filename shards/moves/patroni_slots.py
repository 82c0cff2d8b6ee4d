"""A move's slots and Patroni, which drops a logical slot that it does not know when it looks through a server's slots
while nobody reads from it. As long as a stream stands, Patroni is told to leave its slot alone (`ignore_slots`). It
then stays on a former leader too, where nobody can read on: members that do not lead are cleared of it here.

All of this only saves a copy from being done again: where Patroni cannot be told, that is said, and the move goes
on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.utils import OperationalError

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets_of
from novaops.operations.contract import StepContext
from shards import fences
from shards.clients.patroni import Patroni
from shards.clients.postgres import sessions
from shards.exceptions import Refused, ShardError
from shards.marks import mark_of
from shards.moves.models import Move
from shards.moves.streams import Stream

KEY = "ignore_slots"
ASK_SECONDS, LOCK_SECONDS, IDLE_SECONDS = 3.0, 20, 60
CONFLICT, TRIES = 409, 5
# Patroni takes a list as a whole, and several moves of one shard put their own names into it.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('novaops ignore_slots of ' || %s, 0))"
DROP_LEFT = """
    SELECT pg_drop_replication_slot(slot_name)
    FROM pg_replication_slots
    WHERE slot_name = %s AND pg_is_in_recovery() AND NOT active
"""
Entries = Sequence[Any]
Change = Callable[[Entries], Entries]


def leave_alone(stream: Stream, context: StepContext) -> None:
    """Before the slot is made, and again now and then: whoever writes Patroni's configuration anew may forget it."""
    console = fences.console_id()
    _tell(stream.sender, lambda entries: with_slot(_living(entries, console, stream), stream.name), context)
    _drop_left(stream.sender, stream.name)


def forget(stream: Stream, context: StepContext) -> None:
    """After the slot is dropped."""
    console = fences.console_id()
    _tell(stream.sender, lambda entries: without_slots(_living(entries, console, stream), {stream.name}), context)
    _drop_left(stream.sender, stream.name)


def forget_dropped(shard: str, slot: str) -> str:
    """The same for a slot that was left behind: why Patroni could not be told; empty when it was, or need not be."""
    if mark_of(slot) is None:
        return ""
    problem = _changed(shard, lambda entries: without_slots(entries, {slot}))
    _drop_left(shard, slot)
    return problem


def with_slot(entries: Entries, slot: str) -> Entries:
    """The same when it is there."""
    there = any(name == slot for name, _ in _named(entries))
    return entries if there else [*entries, {"name": slot, "type": "logical"}]


def without_slots(entries: Entries, slots: set[str] | frozenset[str]) -> Entries:
    gone = [entry for name, entry in _named(entries) if name in slots]
    return [entry for entry in entries if entry not in gone]


def _living(entries: Entries, console: str, stream: Stream) -> Entries:
    """Without those of this console's other moves that are over, or were given up."""
    named = {name: mark_of(name) for name, _ in _named(entries) if name != stream.name}
    mine = {name: mark.operation for name, mark in named.items() if mark and mark.console == console}
    found = Move.objects.select_related("operation").filter(operation_id__in=set(mine.values())) if mine else ()
    standing = {move.operation_id for move in found if move.stands}
    return without_slots(entries, frozenset(name for name, operation in mine.items() if operation not in standing))


def _named(entries: Entries) -> Iterator[tuple[str, Any]]:
    """Others may have written there what they like."""
    for entry in entries:
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            yield entry["name"], entry


def _tell(shard: str, change: Change, context: StepContext) -> None:
    if problem := _changed(shard, change, context.hold):
        context.log(f"Patroni of {shard} could not be told of the move's slot, and may drop it: {problem}")


def _changed(shard: str, change: Change, hold: Callable[[], None] = lambda: None) -> str:
    """Why it could not be done: a sentence; empty when it is so. Nothing is written where nothing changes. By the first
    member that answers."""
    problems = []
    for target in targets_of(shard, ServerKind.PATRONI):
        api = Patroni(target, timeout=ASK_SECONDS)
        try:
            api.status()
            if _is_so(api, change):
                return ""
            hold()
            with _alone(target.cluster or shard):
                _write(api, change)
            return ""
        except ShardError as problem:
            problems.append(f"{target.name}: {problem}")
        except OperationalError as problem:
            if not isinstance(problem.__cause__, psycopg.errors.LockNotAvailable):
                raise
            problems.append(f"Another worker has been at its configuration for {LOCK_SECONDS} s.")
            break
    return " ".join(problems)


def _is_so(api: Patroni, change: Change) -> bool:
    entries = _entries(api)
    return change(entries) == entries


def _write(api: Patroni, change: Change) -> None:
    """Patroni refuses to write over something newer than what it has just read."""
    for left in reversed(range(TRIES)):
        entries = _entries(api)
        wanted = change(entries)
        if wanted == entries:
            return
        try:
            api.configure({KEY: wanted or None})
            return
        except Refused as problem:
            if problem.status != CONFLICT or not left:
                raise


def _entries(api: Patroni) -> Entries:
    """Not what the member last saw: an entry may just have gone."""
    found = api.config_in_dcs().whole.get(KEY)
    return found if isinstance(found, list) else []


@contextmanager
def _alone(cluster: str) -> Iterator[None]:
    """Among this console's workers, for as long as they do not hang."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        cursor.execute(ALONE, (cluster,))
        yield


def _drop_left(shard: str, slot: str) -> None:
    """On members that do not lead. One that does not answer is asked again the next time; one that starts later, when
    Patroni has forgotten the slot, has it dropped by Patroni."""
    for target in targets_of(shard, ServerKind.POSTGRES):
        with suppress(ShardError), sessions.open(target, ASK_SECONDS) as session:
            session.execute(DROP_LEFT, (slot,))
