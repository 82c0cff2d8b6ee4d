"""How it is done. Every step asks the pool whether it came out so.

PgBouncer knows no fencing tokens: a worker asks whether it still has the operation right before each command. A late
RECONNECT, RELOAD or RESUME does no harm. A late KILL finds the database paused by the first, or is not sent."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import target
from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PooledDatabase, PoolReport
from shards.exceptions import Refused, ShardError
from shards.pools.acting.plans import CLOSED, KILL, RECONNECT, RELOAD, RESIZE, RESUME

CLOSED_SECONDS = 20.0
LOOK_SECONDS = 0.2
MOST_CHANGES = 12


def reconnect(context: StepContext) -> str:
    """Doing it again is harmless: the connections that are new by then are replaced once more."""
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        before = len(api.servers(database))
        context.hold()
        api.reconnect(database)
    return f"{before} connections of {database} are replaced as they become free."


def old_closed(context: StepContext) -> str:
    """Those that are marked are still in use; the pool closes each by itself, whether anybody looks or not."""
    api, database, started = pool_of(context), context.arguments["database"], time.monotonic()
    while True:
        with answering(api):
            servers = api.servers(database)
        left = sum(one.close_needed for one in servers)
        if not left:
            return f"All old connections of {database} are closed; {len(servers)} new ones are open."
        if time.monotonic() - started > CLOSED_SECONDS:
            return f"{left} old connections of {database} are in long transactions: they close when these end."
        context.progress(0, left, f"{left} old connections are in a transaction")
        time.sleep(LOOK_SECONDS)


def reload(context: StepContext) -> str:
    api = pool_of(context)
    with answering(api):
        before = api.report()
        context.hold()
        api.reload()
        after = api.report()
    changed = list(differences(before, after))
    more = f" and {len(changed) - MOST_CHANGES} more" if len(changed) > MOST_CHANGES else ""
    return f"Changed: {'; '.join(changed[:MOST_CHANGES])}{more}." if changed else "It read its files; nothing changed."


def differences(before: PoolReport, after: PoolReport) -> Iterator[str]:
    """Settings and databases that are not as they were. Pure."""
    for key in sorted({*before.config, *after.config}):
        old, new = before.config.get(key, ""), after.config.get(key, "")
        if old != new:
            yield f"{key} {old or '(empty)'} → {new or '(empty)'}"
    there, here = ({one.name: one for one in report.databases} for report in (before, after))
    for name in sorted({*there, *here}):
        if name not in here:
            yield f"{name} is gone"
        elif name not in there:
            yield f"{name} is new, and leads to {here[name].host}:{here[name].port}"
        elif _leads(there[name]) != _leads(here[name]):
            yield f"{name} {_leads(there[name])} → {_leads(here[name])}"


def _leads(one: PooledDatabase) -> str:
    return f"{one.database}@{one.host}:{one.port}, size {one.pool_size}"


def kill(context: StepContext) -> str:
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        dropped = len(api.clients(database))
        context.hold()
        api.kill(database)
    return f"About {dropped} clients of {database} were dropped."


def is_paused(context: StepContext) -> bool:
    """KILL leaves the database paused, and it was not when the plan was made: so it was killed."""
    return paused_now(context)


def resume(context: StepContext) -> str:
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        context.hold()
        resume_if_paused(api, database)
        found = api.database(database)
    if found is None or found.paused:
        raise TransientProblem(f"{database} of {api.target.name} is still paused.")
    return f"{database} is resumed: who comes anew is served."


def is_resumed(context: StepContext) -> bool:
    return not paused_now(context)


def resume_if_paused(api: PgBouncer, database: str) -> None:
    """PgBouncer refuses to resume what is not paused."""
    try:
        api.resume(database)
    except Refused:
        found = api.database(database)
        if found is None or found.paused:
            raise


def paused_now(context: StepContext) -> bool:
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        found = api.database(database)
    return found is not None and found.paused


def resize(context: StepContext) -> str:
    told = context.arguments
    return _set(context, told["size"], told["before"])


def has_size(context: StepContext) -> bool:
    told = context.arguments
    return _size(pool_of(context), told["database"]) == int(told["size"])


def size_as_before(context: StepContext) -> str:
    told = context.arguments
    return _set(context, told["before"], told["before"])


def _set(context: StepContext, size: int, before: int) -> str:
    """Where the database turns out to have a size of its own, the default is set back: nothing was changed then."""
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        context.hold()
        api.set_default_pool_size(size)
        now = _size(api, database)
        if now == size:
            return f"{database} of {api.target.name} has {size} connections for each user."
        context.hold()
        api.set_default_pool_size(before)
    raise PermanentProblem(
        f"{database} of {api.target.name} stays at {now}: it has a pool_size of its own. Change it in PgBouncer's"
        " file, then use pool-reload."
    )


def _size(api: PgBouncer, database: str) -> int | None:
    with answering(api):
        found = api.database(database)
    return found.pool_size if found else None


def pool_of(context: StepContext) -> PgBouncer:
    return PgBouncer(target(ServerKind.PGBOUNCER, context.arguments["pool"]))


@contextmanager
def answering(api: PgBouncer) -> Iterator[None]:
    try:
        yield
    except ShardError as problem:
        kind = PermanentProblem if problem.permanent else TransientProblem
        raise kind(f"{api.target.name}: {problem}") from problem


STEPS: Mapping[str, Step] = {
    RECONNECT: Step(run=reconnect, timeout_seconds=30),
    CLOSED: Step(run=old_closed, timeout_seconds=CLOSED_SECONDS + 20),
    RELOAD: Step(run=reload, timeout_seconds=30),
    KILL: Step(run=kill, done=is_paused, undo=resume, timeout_seconds=30, attempts=1),
    # As often as it takes: nobody else does it.
    RESUME: Step(run=resume, done=is_resumed, timeout_seconds=30, attempts=1000, cancellable=False),
    RESIZE: Step(run=resize, done=has_size, undo=size_as_before, timeout_seconds=30),
}
