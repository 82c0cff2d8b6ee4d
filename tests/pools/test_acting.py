"""RECONNECT, RELOAD, KILL and sizes on a real PgBouncer; every effect is asked of the pool itself."""

from collections.abc import Iterator

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.contract import PermanentProblem, StepContext
from novaops.operations.models import Operation
from novaops.operations.problems import LeaseLost
from shards.clients.pgbouncer import PgBouncer
from shards.leftovers.survey import leftovers
from shards.pools.acting import steps
from shards.pools.acting.plans import KILL, RESUME
from shards.pools.pausing import services as pausing
from shards.pools.pausing.models import PoolPause
from tests.conftest import MakePerson
from tests.pool_guards import guarding, let_end_come
from tests.pools.conftest import DATABASE, POOL, Connect, Run
from tests.waiting import wait_for

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def size(pool: PgBouncer) -> Iterator[int]:
    """The size of its pools, which is that again afterwards."""
    found = pool.database(DATABASE)
    assert found
    yield found.pool_size
    pool.set_default_pool_size(found.pool_size)


@pytest.fixture
def resumed(pool: PgBouncer) -> Iterator[PgBouncer]:
    """Whatever becomes of the test."""
    yield pool
    pausing.resume(pool.target, DATABASE)


def context(**arguments: object) -> StepContext:
    told = {"pool": POOL, "database": DATABASE, **arguments}
    return StepContext(0, 1, told, lambda done, total, note: None, lambda line: None)


def said(operation: Operation) -> list[str]:
    return [operation.outcome, *operation.steps.values_list("outcome", flat=True)]


@committed
def test_reconnect_replaces_the_servers_and_drops_no_client(
    pool: PgBouncer, connect: Connect, run: Run, live_fleet: Fleet
) -> None:
    idle, busy = connect(), connect()
    idle.execute("SELECT 1")
    with busy.transaction():
        pids = {busy.execute("SELECT pg_backend_pid()").fetchone()}
        before = {one.identity for one in pool.servers(DATABASE)}
        with tenant_context(live_fleet):
            assert steps.reconnect(context()).endswith("are replaced as they become free.")
        left = {one.identity: one.close_needed for one in pool.servers(DATABASE) if one.identity in before}
        assert left and all(left.values()), "those in use, which may be others than a moment ago, go when they are free"
        assert {busy.execute("SELECT pg_backend_pid()").fetchone()} == pids
    operation = run("pool-reconnect", pool=POOL, database=DATABASE)
    assert operation.status == "done", operation.outcome
    wait_for(lambda: not before & {one.identity for one in pool.servers(DATABASE)}, "the last of them to be free")
    assert idle.execute("SELECT 1").fetchone() == (1,)


@committed
def test_a_size_is_set_seen_and_taken_back(
    pool: PgBouncer, run: Run, size: int, live_fleet: Fleet, person: MakePerson
) -> None:
    operation = run("pool-resize", pool=POOL, database=DATABASE, size=size + 3)
    assert operation.status == "done", operation.outcome
    assert {one.pool_size for one in pool.databases()} == {size + 3}, "PgBouncer has one default for all"
    checks = {check.name: check.reason for check in operation.plan.checks}
    assert "primary too gets it" in checks["Which databases"]
    assert f"default_pool_size = {size + 3} into the file" in checks["How long it lasts"]
    with tenant_context(live_fleet):
        back = services.take_back(operation, person("operator"), "Enough.")
    assert back.parameters == {"pool": POOL, "database": DATABASE, "size": size}
    assert back.status == "planned", back.outcome


@committed
def test_a_size_lasts_until_a_reload_which_tells_so(run: Run, pool: PgBouncer, size: int, live_fleet: Fleet) -> None:
    pool.set_default_pool_size(size + 1)
    operation = run("pool-reload", pool=POOL)
    with tenant_context(live_fleet):
        assert operation.status == "done", said(operation)
        assert any(f"default_pool_size {size + 1} → {size}" in sentence for sentence in said(operation))
    found = pool.database(DATABASE)
    assert found and found.pool_size == size


def test_a_size_that_the_server_has_no_room_for_is_refused(ask: Run, size: int) -> None:
    operation = ask("pool-resize", pool=POOL, database=DATABASE, size=5000)
    assert operation.status == "refused" and "could open" in operation.outcome and "which takes" in operation.outcome


def test_a_size_that_is_there_already_leaves_nothing_to_do(ask: Run, size: int) -> None:
    operation = ask("pool-resize", pool=POOL, database=DATABASE, size=size)
    assert (operation.status, operation.outcome) == ("done", "Nothing to do.")


@committed
def test_kill_drops_who_is_there_and_serves_who_comes(
    pool: PgBouncer, connect: Connect, run: Run, live_fleet: Fleet
) -> None:
    victim = connect("victim")
    with guarding(live_fleet), pytest.raises(psycopg.OperationalError), victim.transaction():
        victim.execute("SELECT 1")
        operation = run("pool-kill", pool=POOL, database=DATABASE)
        assert operation.status == "done", operation.outcome
        victim.execute("SELECT 1")
    [clients] = [check for check in operation.plan.checks if check.name == "Clients"]
    assert clients.outcome == "warned" and clients.evidence["in_transaction"] >= 1
    assert "victim" in {one["application"] for one in clients.evidence["who"]}
    found = pool.database(DATABASE)
    assert found and not found.paused
    assert connect().execute("SELECT 1").fetchone() == (1,)


@committed
def test_who_goes_on_after_a_kill_sends_no_second_one_and_resumes(resumed: PgBouncer, live_fleet: Fleet) -> None:
    """The worker died between KILL and RESUME, before it wrote that KILL was sent."""
    with tenant_context(live_fleet), guarding(live_fleet):
        steps.kill(context(seconds=60))
        PoolPause.objects.update(paused_at=None)
        assert steps.STEPS[KILL].done(context()) and not steps.STEPS[RESUME].done(context())
        assert "is resumed" in steps.resume(context()) and steps.STEPS[RESUME].done(context())
        assert "is resumed" in steps.resume(context()), "a second time changes nothing"
        assert PoolPause.objects.get().ending == "resumed"


@committed
def test_a_pause_ends_by_itself_or_is_ended_before(
    pool: PgBouncer, run: Run, ask: Run, live_fleet: Fleet, person: MakePerson
) -> None:
    with guarding(live_fleet) as guard:
        operation = run("pool-pause", pool=POOL, database=DATABASE, seconds=120)
        assert operation.status == "done", operation.outcome
        found = pool.database(DATABASE)
        assert found and found.paused
        with tenant_context(live_fleet):
            assert not [one for one in leftovers("shard-2") if one.sort == "paused-pool"], "it is paused on purpose"
            back = services.take_back(operation, person("operator"), "Done before its time.")
            assert back.kind == "pool-resume" and back.status == "planned", back.outcome
            assert f"Operation {operation.pk} paused it" in str([check.reason for check in back.plan.checks])
        resumed = run("pool-resume", pool=POOL, database=DATABASE)
        assert resumed.status == "done", resumed.outcome
        found = pool.database(DATABASE)
        assert found and not found.paused
        assert ask("pool-resume", pool=POOL, database=DATABASE).outcome == "Nothing to do."
        again = run("pool-pause", pool=POOL, database=DATABASE, seconds=120)
        assert again.status == "done", again.outcome
        let_end_come(guard, live_fleet)
        wait_for(lambda: (now := pool.database(DATABASE)) and not now.paused, "the guard's RESUME")


@committed
def test_a_transaction_that_does_not_end_keeps_the_pool_from_being_paused(
    pool: PgBouncer, connect: Connect, run: Run, live_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "REST_SECONDS", 0.5)
    busy = connect()
    with guarding(live_fleet), busy.transaction():
        busy.execute("SELECT 1")
        operation = run("pool-pause", pool=POOL, database=DATABASE, seconds=60)
        assert operation.status == "failed" and "did not end within" in operation.outcome
        found = pool.database(DATABASE)
        assert found and not found.paused
        assert busy.execute("SELECT 1").fetchone() == (1,)


def test_nothing_is_paused_or_killed_without_a_guard(ask: Run, pool: PgBouncer) -> None:
    for kind, more in (("pool-pause", {"seconds": 5}), ("pool-kill", {})):
        operation = ask(kind, pool=POOL, database=DATABASE, **more)
        assert operation.status == "refused" and "No guard of pool pauses runs" in operation.outcome


def test_a_database_that_is_paused_is_not_killed(resumed: PgBouncer, ask: Run) -> None:
    resumed.pause(DATABASE)
    operation = ask("pool-kill", pool=POOL, database=DATABASE)
    assert operation.status == "refused" and "is paused: resume it first" in operation.outcome
    assert ask("pool-pause", pool=POOL, database=DATABASE, seconds=5).status == "refused"


def test_a_worker_that_lost_its_operation_sends_nothing(pool: PgBouncer, live_fleet: Fleet, size: int) -> None:
    def lost() -> None:
        raise LeaseLost

    late = StepContext(
        0,
        1,
        {"pool": POOL, "database": DATABASE, "size": size + 1, "before": size, "seconds": 5},
        lambda done, total, note: None,
        lambda line: None,
        hold=lost,
    )
    with tenant_context(live_fleet):
        for act in (steps.kill, steps.pause, steps.resize, steps.resume):
            with pytest.raises(LeaseLost):
                act(late)
    found = pool.database(DATABASE)
    assert found and (found.paused, found.pool_size) == (False, size)


@pytest.mark.parametrize(("pool_", "database", "says"), [("none", DATABASE, "no pool none"), (POOL, "x", "It has: ")])
def test_what_is_not_there_is_a_sentence(ask: Run, pool_: str, database: str, says: str) -> None:
    operation = ask("pool-reconnect", pool=pool_, database=database)
    assert operation.status == "refused" and says in operation.outcome


def test_what_pgbouncer_refuses_is_said_in_its_words(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet), pytest.raises(PermanentProblem, match="none"):
        steps.reconnect(StepContext(0, 1, {"pool": POOL, "database": "none"}, lambda *_: None, lambda line: None))
