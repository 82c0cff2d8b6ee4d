"""A pause of a real pool ends whatever dies: the worker, the guard, the control database."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from django.db.models.functions import Now
from django.db.utils import OperationalError
from django_tenants.utils import tenant_context

from metrics.contract import Severity
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import application_login, pool_of
from novaops.inventory.targets import Target
from novaops.operations.contract import StepContext
from shards.clients.pgbouncer import PgBouncer
from shards.pools.pausing import guards, holding, records, services
from shards.pools.pausing.findings import said
from shards.pools.pausing.models import Ending, PoolPause
from shards.pools.pausing.problems import NoGuard, NotPaused
from shards.pools.pausing.process import Process
from tests.killing import dies_at
from tests.pool_guards import guard_process, guarding, let_end_come
from tests.waiting import wait_for

SHARD, DATABASE = "shard-2", "replica"
WATCHED = ["shards/pools/pausing/services.py"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _soon_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "LATE_SECONDS", 0.5)


@pytest.fixture
def pool(live_fleet: Fleet) -> Iterator[Target]:
    with tenant_context(live_fleet):
        found = pool_of(SHARD)
        yield found
        services.resume(found, DATABASE)


def context(operation: int = 7, token: int = 1) -> StepContext:
    return StepContext(operation, token, {}, lambda done, total, note: None, lambda line: None)


def paused(pool: Target) -> bool:
    return any(one.paused for one in PgBouncer(pool).report().databases if one.name == DATABASE)


def worker(pool: Target) -> None:
    pause = services.ask(context(), pool, DATABASE, 60)
    services.end(context(), pause.pk)


def its_end_came(guard: Process, fleet: Fleet) -> bool:
    """Whether it is written down, too."""
    let_end_come(guard, fleet)
    return not records.standing()


def test_it_is_paused_only_under_a_guard_and_goes_on(live_fleet: Fleet, pool: Target) -> None:
    with guarding(live_fleet) as guard:
        pause = services.ask(context(), pool, DATABASE, 60)
        assert paused(pool)
        pause.refresh_from_db()
        assert pause.guarded_by == guard.name and pause.guarded_at and pause.paused_at
        assert pause.guarded_at <= pause.paused_at
        assert services.end(context(), pause.pk) == f"{DATABASE} of {pool.name} goes on."
        assert not paused(pool)
        pause.refresh_from_db()
        assert (pause.ending, pause.ended_by) == (Ending.RESUMED, "operation 7")


def test_without_a_guard_nothing_is_paused(pool: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "GUARD_SECONDS", 0.1)
    with pytest.raises(NoGuard, match=r"nothing was paused\. Start one with `manage\.py pool_guards`"):
        services.ask(context(), pool, DATABASE, 60)
    assert not paused(pool) and not records.standing()


def test_a_long_transaction_is_not_waited_for_in_vain(live_fleet: Fleet, pool: Target) -> None:
    login = application_login(SHARD)
    dsn = f"postgresql://{login.username}:{login.password}@{pool.address}/{DATABASE}"
    with guarding(live_fleet), psycopg.connect(dsn) as client:
        client.execute("SELECT 1")
        with pytest.raises(NotPaused, match=r"a transaction that runs through it did not end within 0\.3 s"):
            services.ask(context(), pool, DATABASE, 60, rest_seconds=0.3)
        assert client.execute("SELECT 2").fetchone() == (2,), "the transaction goes on"
        assert not paused(pool)
    assert PoolPause.objects.get().ending == Ending.GAVE_UP


def test_a_pause_of_another_operation_is_named(live_fleet: Fleet, pool: Target) -> None:
    with guarding(live_fleet):
        services.ask(context(), pool, DATABASE, 60)
        with pytest.raises(NotPaused, match="is paused by operation 7, until "):
            services.ask(context(operation=8), pool, DATABASE, 60)
        assert paused(pool), "what the other has paused stays paused"
        again = services.ask(context(token=2), pool, DATABASE, 60)
        services.end(context(token=2), again.pk)
    assert list(PoolPause.objects.order_by("pk").values_list("ending", flat=True)) == ["superseded", "resumed"]


def test_a_worker_killed_at_any_line_leaves_no_pause(live_fleet: Fleet, pool: Target) -> None:
    with guarding(live_fleet) as guard:
        line, died = 1, True
        while died:
            died = dies_at(line, partial(worker, pool), WATCHED)
            end = f"the end of a pause whose worker died at line {line}"
            wait_for(lambda: its_end_came(guard, live_fleet), end, every=0.05)
            assert not paused(pool), f"paused after the worker died at line {line}"
            line += int(os.environ.get("NOVAOPS_KILL_EVERY") or 30)
    assert line > 40


def test_a_guard_that_was_killed_ends_it_when_it_is_back(live_fleet: Fleet, pool: Target) -> None:
    with guard_process() as guard:
        pause = services.ask(context(), pool, DATABASE, 600)
        guard.send_signal(signal.SIGKILL)
        assert guard.wait(60) == -signal.SIGKILL
    assert paused(pool) and not guards.absence(pause.asked_at)
    PoolPause.objects.filter(pk=pause.pk).update(ends_at=Now())
    with guard_process():
        wait_for(lambda: not paused(pool), "the pool that a new guard resumes")
        wait_for(lambda: not records.standing(), "the end in the control database")
    assert PoolPause.objects.get().ending == Ending.EXPIRED


def test_it_ends_while_the_control_database_is_away(live_fleet: Fleet, pool: Target) -> None:
    """The guard that knows of it needs nobody: here its connection cannot be made any more."""
    with guarding(live_fleet) as guard:
        services.ask(context(), pool, DATABASE, 60)
        turn = guard.turn
        guard.turn = _away  # type: ignore[method-assign]
        let_end_come(guard, live_fleet)
        wait_for(lambda: not paused(pool), "a pool that is resumed without the control database", every=0.05)
        assert records.standing(), "nobody could write it down"
        guard.turn = turn  # type: ignore[method-assign]
        wait_for(lambda: not records.standing(), "the end that is written down later")


def _away() -> None:
    raise OperationalError


def test_a_late_worker_resumes_what_it_paused(live_fleet: Fleet, pool: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was frozen between the guard's word and PAUSE, and the pause has ended meanwhile."""
    paused_at_once = services._at_rest

    def late(*arguments: object) -> None:
        wait_for(lambda: its_end_came(guard, live_fleet), "the end of the pause")
        paused_at_once(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "_at_rest", late)
    late_comer = pytest.raises(NotPaused, match="came to rest too late: resumed by a guard at its end")
    with guarding(live_fleet) as guard, late_comer:
        services.ask(context(), pool, DATABASE, 60)
    assert not paused(pool)


def test_the_finding_says_who_paused_it_and_until_when() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    ours = PoolPause(operation=7, asked_at=at, paused_at=at, ends_at=at + timedelta(seconds=30))
    later = at + timedelta(seconds=10)
    assert said("p", "primary", ours, later)[:2] == (
        Severity.WARNING,
        "p is paused (primary): clients wait until it is resumed. "
        "Operation 7 paused it at 12:00:00 UTC; it ends at 12:00:30 UTC at the latest.",
    )
    severity, sentence, _ = said("p", "primary", ours, at + timedelta(seconds=40))
    assert severity is Severity.CRITICAL and "its end has passed 10\xa0s ago" in sentence
    severity, sentence, _ = said("p", "primary", None, later)
    assert severity is Severity.CRITICAL and "The console did not pause it." in sentence


def test_a_pause_that_comes_after_its_end_is_resumed(
    live_fleet: Fleet, pool: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker froze right before PAUSE, woke long after the end, and was killed right after it had sent it."""
    monkeypatch.setattr(holding, "LATE_SECONDS", 600)
    with guarding(live_fleet) as guard:
        pause = records.record(7, 1, pool.name, DATABASE, 0.1)
        wait_for(lambda: guard.memory.of(live_fleet.schema_name), "a guard that knows of it")
        wait_for(lambda: records.remaining(pause.pk) < -0.2, "the end", every=0.05)
        PgBouncer(pool).pause(DATABASE)
        wait_for(lambda: not paused(pool), "a pool that is resumed", every=0.05)
        wait_for(lambda: not records.standing(), "the end that is written down")
    pause.refresh_from_db()
    assert pause.ending == Ending.EXPIRED
