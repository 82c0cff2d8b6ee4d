"""How it is done. Every step asks the pool whether it came out so.

PgBouncer knows no fencing tokens: a worker asks whether it still has the operation right before each command, and a
pause is written down with its token before PgBouncer is told. A late RECONNECT, RELOAD or RESUME does no harm."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db.models import QuerySet

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import target
from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PooledDatabase, PoolReport
from shards.exceptions import ShardError
from shards.pools.acting.plans import CLOSED, KILL, PAUSE, RECONNECT, RELOAD, RESIZE, RESUME
from shards.pools.pausing import services
from shards.pools.pausing.models import PoolPause

CLOSED_SECONDS = 20.0
# How long running transactions may keep a pause from its beginning: new ones wait meanwhile.
REST_SECONDS = 5.0
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
            yield f"{name} is new, and leads to {here[name].place}"
        elif _leads(there[name]) != _leads(here[name]):
            yield f"{name} {_leads(there[name])} → {_leads(here[name])}"


def _leads(one: PooledDatabase) -> str:
    return f"{one.database} on {one.place}, size {one.pool_size}"


def kill(context: StepContext) -> str:
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        dropped = len(api.clients(database))
        services.kill(context, api.target, database, context.arguments["seconds"])
    return f"About {dropped} clients of {database} were dropped."


def is_killed(context: StepContext) -> bool:
    """Written down; or KILL was sent and its worker died before it wrote: the database is paused, which it was not."""
    mine = _pauses(context).filter(operation=context.operation_id)
    if mine.filter(paused_at__isnull=False).exists():
        return True
    return mine.filter(ended_at=None).exists() and paused_now(context)


def pause(context: StepContext) -> str:
    """For its time alone: a guard ends it. Another try is another pause, of its whole length."""
    told, api = context.arguments, pool_of(context)
    begun = services.ask(context, api.target, told["database"], told["seconds"], REST_SECONDS)
    return f"{begun} is paused; it goes on at {begun.ends_at:%H:%M:%S} UTC at the latest."


def is_at_rest(context: StepContext) -> bool:
    """Also when its time is over by now: it was paused, as it was asked for."""
    return _pauses(context).filter(operation=context.operation_id, paused_at__isnull=False).exists()


def resume(context: StepContext) -> str:
    """Ends what the console's book knows of, and what somebody else paused; a second time changes nothing."""
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        for one in _pauses(context).filter(ended_at=None):
            context.hold()
            services.end(context, one.pk)
        context.hold()
        services.resume(api.target, database)
        found = api.database(database)
    if found is None or found.paused:
        raise TransientProblem(f"{database} of {api.target.name} is still paused.")
    return f"{database} is resumed: its clients go on."


def let_go(context: StepContext) -> str:
    """Ends the pause that this operation began, and nobody else's."""
    with answering(pool_of(context)):
        for one in _pauses(context).filter(operation=context.operation_id, ended_at=None):
            context.hold()
            services.end(context, one.pk)
    return "Nothing of it is paused."


def is_resumed(context: StepContext) -> bool:
    return not paused_now(context)


def paused_now(context: StepContext) -> bool:
    api, database = pool_of(context), context.arguments["database"]
    with answering(api):
        found = api.database(database)
    return found is not None and found.paused


def _pauses(context: StepContext) -> QuerySet[PoolPause]:
    return PoolPause.objects.filter(pool=context.arguments["pool"], database=context.arguments["database"])


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
    KILL: Step(run=kill, done=is_killed, undo=let_go, timeout_seconds=30, attempts=1),
    PAUSE: Step(run=pause, done=is_at_rest, undo=let_go, timeout_seconds=60, attempts=1),
    # As often as it takes: without it a guard makes the clients wait for the whole of their pause.
    RESUME: Step(run=resume, done=is_resumed, timeout_seconds=30, attempts=1000, cancellable=False),
    RESIZE: Step(run=resize, done=has_size, undo=size_as_before, timeout_seconds=30),
}
