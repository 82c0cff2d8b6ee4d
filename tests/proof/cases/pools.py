"""`pool-kill`, `pool-pause` and `pool-resize` of a real PgBouncer, under a guard: nothing stays paused, and no size
stays that nobody asked for."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from django_tenants.utils import tenant_context

from novaops.inventory.selectors import application_login, pool_of
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.clients.pgbouncer import PgBouncer
from shards.pools.pausing.models import PoolPause
from shards.pools.pausing.services import resume
from tests.pool_guards import guarding
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.scene import Scene
from tests.waiting import wait_for

SHARD, DATABASE = "shard-1", "replica"
PAUSE_SECONDS, GUARD_SECONDS = 3, 30


@contextmanager
def kill(scene: Scene) -> Iterator[Case]:
    with _pool(scene) as pool, _client(scene, pool) as client:

        def violations(operation: Operation) -> list[str]:
            wanted = operation.status != Status.CANCELLED
            found = [f"The client {'lives on' if wanted else 'was dropped'}."] if wanted is _lives(client) else []
            return [*found, *_paused(scene, pool)]

        yield Case(kind="pool-kill", parameters=lambda way: _told(pool), violations=violations)


@contextmanager
def pause(scene: Scene) -> Iterator[Case]:
    with _pool(scene) as pool:
        yield Case(
            kind="pool-pause",
            parameters=lambda way: {**_told(pool), "seconds": PAUSE_SECONDS},
            violations=lambda operation: _paused(scene, pool),
        )


@contextmanager
def resize(scene: Scene) -> Iterator[Case]:
    with _pool(scene) as pool:
        before = _size(pool)

        def violations(operation: Operation) -> list[str]:
            wanted = before if operation.status == Status.CANCELLED else before + 1
            return [] if _size(pool) == wanted else [f"The size is {_size(pool)}, not {wanted}."]

        try:
            yield Case("pool-resize", lambda way: {**_told(pool), "size": before + 1}, violations)
        finally:
            pool.set_default_pool_size(before)


@contextmanager
def _pool(scene: Scene) -> Iterator[PgBouncer]:
    with tenant_context(scene.fleet), guarding(scene.fleet):
        pool = PgBouncer(pool_of(SHARD))
        try:
            yield pool
        finally:
            resume(pool.target, DATABASE)


def _told(pool: PgBouncer) -> dict[str, str]:
    return {"pool": pool.target.name, "database": DATABASE}


@contextmanager
def _client(scene: Scene, pool: PgBouncer) -> Iterator["psycopg.Connection[object]"]:
    login, address = application_login(SHARD), pool.target
    client = psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=DATABASE,
        user=login.username,
        password=login.password,
        prepare_threshold=None,
        autocommit=True,
    )
    client.execute("SELECT 1")
    try:
        yield client
    finally:
        client.close()


def _lives(client: "psycopg.Connection[object]") -> bool:
    with suppress(psycopg.Error):
        client.execute("SELECT 1")
        return True
    return False


def _paused(scene: Scene, pool: PgBouncer) -> list[str]:
    """It goes on by itself, at the latest at the end of its pause; the book says so too."""

    def over() -> bool:
        found = pool.database(DATABASE)
        return found is not None and not found.paused and not PoolPause.objects.filter(ended_at=None).exists()

    try:
        with tenant_context(scene.fleet):
            wait_for(over, "the end of the pause", GUARD_SECONDS)
    except AssertionError:
        return [f"{DATABASE} of {pool.target.name} stays paused, or is written down as that."]
    return []


def _size(pool: PgBouncer) -> int:
    found = pool.database(DATABASE)
    assert found is not None
    return found.pool_size


# KILL was sent, and nobody has written so; the pause is about to be ended, or was and is not written down.
KILL = Subject(
    kind="pool-kill",
    make=kill,
    steps=2,
    calls=(
        Call(0, "shards.pools.pausing.records:at_rest"),
        Call(1, "shards.pools.pausing.services:end"),
        Call(1, "shards.pools.pausing.records:ended"),
    ),
    ends_by_itself=True,
)
# It is written down and nobody guards it; it is paused, and nobody has written so.
PAUSE = Subject(
    kind="pool-pause",
    make=pause,
    steps=1,
    calls=(Call(0, "shards.pools.pausing.services:_guarded"), Call(0, "shards.pools.pausing.records:at_rest")),
)
# It was set, and is about to be asked for.
RESIZE = Subject(kind="pool-resize", make=resize, steps=1, calls=(Call(0, "shards.pools.acting.steps:_size", 2),))
