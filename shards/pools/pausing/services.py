"""Pausing a pool so that it never stays paused: `ask`, and `end`.

The order is the whole of it. The pause is written down with its end; a guard (`manage.py pool_guards`) takes it into
its memory and says so; only then the pool is told PAUSE. From there on the guard resumes the pool at the end, whatever
becomes of this worker, of the broker, or of the control database."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target
from novaops.operations.contract import StepContext
from shards.clients.pgbouncer import PgBouncer
from shards.exceptions import NoAnswer, Refused, ShardError
from shards.pools.pausing import records
from shards.pools.pausing.guards import START_ONE
from shards.pools.pausing.models import Ending, PoolPause
from shards.pools.pausing.problems import NoGuard, NotPaused

GUARD_SECONDS = 6.0
# How long running transactions may keep PAUSE waiting: new ones queue meanwhile.
REST_SECONDS = 3.0
RESUME_SECONDS = 3.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Wanted:
    """A database of a pool that is to be paused."""

    pool: Target
    database: str


def ask(
    context: StepContext, pool: Target, database: str, seconds: float, rest_seconds: float = REST_SECONDS
) -> PoolPause:
    """Pauses one database of a pool for at most `seconds`; raises NotPaused, and then it is not paused."""
    [pause] = ask_all(context, [Wanted(pool, database)], seconds, rest_seconds)
    return pause


def ask_all(
    context: StepContext, wanted: Sequence[Wanted], seconds: float, rest_seconds: float = REST_SECONDS
) -> list[PoolPause]:
    """Pauses several at once, or none. Returns when every one is at rest: no transaction runs through it."""
    asked: list[PoolPause] = []
    try:
        for one in wanted:
            context.hold()
            asked.append(_recorded(context, one, seconds))
        _guarded(context, asked)
        context.hold()
        _at_rest(list(zip(wanted, asked, strict=True)), rest_seconds)
    except BaseException:
        for one, pause in zip(wanted, asked, strict=False):
            _let_go(one, pause, Ending.GAVE_UP, f"operation {context.operation_id}")
        raise
    return asked


def kill(context: StepContext, pool: Target, database: str, seconds: float) -> PoolPause:
    """Drops all clients of one database at once, under the same guard: PgBouncer leaves it paused after that."""
    one = Wanted(pool, database)
    context.hold()
    pause = _recorded(context, one, seconds)
    try:
        _guarded(context, [pause])
        context.hold()
        PgBouncer(pool).kill(database)
        records.at_rest(pause.pk)
    except BaseException:
        _let_go(one, pause, Ending.GAVE_UP, f"operation {context.operation_id}")
        raise
    return pause


def end(context: StepContext, pause_pk: int) -> str:
    """Resumes the pool and writes it down; what has been ended already is left alone. Raises ShardError when the pool
    does not answer: then a guard resumes it at the end of the pause."""
    try:
        pause = PoolPause.objects.get(pk=pause_pk)
    except (DatabaseError, InterfaceError) as problem:
        raise NoAnswer("The control database does not answer; a guard resumes the pool.") from problem
    if pause.ended_at:
        return f"{pause} was resumed already: {pause.get_ending_display().lower()}."
    pool = next((one for one in targets("pgbouncer") if one.name == pause.pool), None)
    if pool is None:
        records.ended(pause.pk, Ending.GONE, f"operation {context.operation_id}")
        return f"{pause.pool} is no longer registered."
    resume(pool, pause.database)
    records.ended(pause.pk, Ending.RESUMED, f"operation {context.operation_id}")
    return f"{pause} goes on."


def end_all(context: StepContext, held: Sequence[tuple[Wanted, PoolPause]]) -> None:
    """Resumes several at once and only then writes it down: clients wait for the first alone."""
    with ThreadPoolExecutor(max(1, len(held)), "resume") as threads:
        said = list(threads.map(lambda pair: _resumed(pair[0]), held))
    for (_, pause), resumed in zip(held, said, strict=True):
        if resumed:
            records.ended(pause.pk, Ending.RESUMED, f"operation {context.operation_id}")


def resume(pool: Target, database: str) -> bool:
    """True when this ended a pause, False when it was not paused; raises ShardError when the pool does not answer."""
    try:
        PgBouncer(pool).resume(database, RESUME_SECONDS)
    except Refused as said:
        if "not paused" in str(said):
            return False
        raise
    return True


def _recorded(context: StepContext, one: Wanted, seconds: float) -> PoolPause:
    return records.record(context.operation_id, context.fencing_token, one.pool.name, one.database, seconds)


def _guarded(context: StepContext, asked: Sequence[PoolPause]) -> None:
    """Waits until a guard answers for the end of each."""
    deadline = time.monotonic() + GUARD_SECONDS
    while not all(_is_guarded(pause) for pause in asked):
        if time.monotonic() > deadline:
            raise NoGuard(
                f"No guard has taken the pause on within {GUARD_SECONDS:g} s: nothing was paused. {START_ONE}"
            )
        context.progress(0, None, "Waits for a guard that answers for the end of the pause")
        time.sleep(POLL_SECONDS)


def _is_guarded(pause: PoolPause) -> bool:
    if pause.guarded_at is None:
        pause.refresh_from_db()
    if pause.ended_at:
        raise NotPaused(f"{pause} was not paused: {pause.get_ending_display().lower()}.")
    return pause.guarded_at is not None


def _at_rest(several: Sequence[tuple[Wanted, PoolPause]], rest_seconds: float) -> None:
    """PAUSE everywhere at the same time."""
    with ThreadPoolExecutor(max(1, len(several)), "pause") as threads:
        problems = list(threads.map(lambda pair: _paused(pair[0], rest_seconds), several))
    for (one, _), problem in zip(several, problems, strict=True):
        if problem:
            raise NotPaused(f"{one.pool.name} could not be paused ({one.database}): {problem}")
    for _, pause in several:
        if not records.at_rest(pause.pk):
            pause.refresh_from_db()
            raise NotPaused(f"{pause} came to rest too late: {pause.get_ending_display().lower()}.")


def _paused(one: Wanted, rest_seconds: float) -> str:
    """Why it is not at rest; empty when it is."""
    try:
        PgBouncer(one.pool).pause(one.database, rest_seconds)
    except NoAnswer as problem:
        if "within" in str(problem):
            return f"a transaction that runs through it did not end within {rest_seconds:g} s."
        return str(problem)
    except ShardError as problem:
        return str(problem)
    return ""


def _resumed(one: Wanted) -> bool:
    try:
        resume(one.pool, one.database)
    except ShardError:
        return False
    return True


def _let_go(one: Wanted, pause: PoolPause, how: Ending, by: str) -> None:
    """Resumes whatever PAUSE may have come to; a pool that does not answer is left to the guard."""
    if _resumed(one):
        try:
            records.ended(pause.pk, how, by)
        except (DatabaseError, InterfaceError):
            return
