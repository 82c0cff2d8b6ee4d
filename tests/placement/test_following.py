"""Both routers beside a tenant that moves and replicas that fail: led by the shards, without waiting or asking."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import psycopg
import pytest

from shards.placement import tries
from shards.placement.places import Place, PoolAddress
from shards.placement.tries import Tries
from tests.placement.clients import Source, client
from tests.placement.conftest import Leaders, Replay
from tests.placement.moving import NAME, move, set_gate
from tests.waiting import wait_for

TENANT = NAME.format("wanderer")
WRITE = """
    INSERT INTO vms_cold (tenant_id, id) VALUES (current_setting('novaops.tenant_id'), gen_random_uuid())
    RETURNING current_setting('novaops.epoch')::int
"""
READ = "SELECT current_setting('novaops.epoch')::int, count(*)::int FROM vms_cold"
WHERE = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')"
HOME = Place(TENANT, "shard-1", 1)


@pytest.fixture(params=[False, True], ids=["threads", "asyncio"])
def asynchronous(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """After each error, how long the router then waited."""
    found: list[float | None] = []
    original = Tries._after

    def after(self: Tries, error: psycopg.Error) -> float | None:
        found.append(original(self, error))
        return found[-1]

    monkeypatch.setattr(Tries, "_after", after)
    return found


@pytest.fixture
def placed(leaders: Leaders) -> Iterator[Leaders]:
    set_gate(leaders["shard-1"], TENANT, "open", 1)
    yield leaders


def test_a_move_is_followed_at_once(
    pools: Mapping[str, PoolAddress], placed: Leaders, asynchronous: bool, pauses: list[float | None]
) -> None:
    """There and back: the source says all the time what was true before."""
    source = Source(HOME)
    with client(source, pools, asynchronous) as application:
        assert application.ask(TENANT, WRITE) == (1,)
        move(placed, TENANT, "shard-2", 2)
        assert [application.ask(TENANT, WRITE) for _ in range(2)] == [(2,)] * 2
        move(placed, TENANT, "shard-1", 3)
        wait_for(lambda: application.ask(TENANT, READ, readonly=True)[0] == 3, "the old replica to know of the move")
        assert application.ask(TENANT, WRITE) == (3,)
    assert source.asked == 1 and set(pauses) == {0.0}
    count = "SELECT count(*) FROM vms_cold WHERE tenant_id = %s"
    assert [placed[shard].execute(count, (TENANT,)).fetchone() for shard in ("shard-1", "shard-2")] == [(2,), (2,)]


def test_a_shard_that_cannot_say_where_leads_to_the_source(
    pools: Mapping[str, PoolAddress], placed: Leaders, asynchronous: bool, pauses: list[float | None]
) -> None:
    """A placement that is older than the gate, or newer than it: the source is asked until it and a shard agree."""
    move(placed, TENANT, "shard-2", 4)
    source = Source(*(Place(TENANT, "shard-2", epoch) for epoch in (1, 9, 4)))
    with client(source, pools, asynchronous) as application:
        assert application.ask(TENANT, WRITE) == (4,)
    assert source.asked == 3
    assert pauses == [0.004, 0.008]


def test_what_somebody_told_is_used(pools: Mapping[str, PoolAddress], placed: Leaders, asynchronous: bool) -> None:
    source = Source(HOME)
    with client(source, pools, asynchronous) as application:
        application.ask(TENANT, WRITE)
        set_gate(placed["shard-2"], TENANT, "open", 2)
        application.router.learn(TENANT, "shard-2", 2)
        assert application.ask(TENANT, WRITE) == (2,) and source.asked == 1
        application.router.forget(TENANT)
        assert application.ask(TENANT, WRITE) == (2,) and source.asked == 2


def test_reads_do_not_wait_for_a_cutover(pools: Mapping[str, PoolAddress], placed: Leaders, asynchronous: bool) -> None:
    with client(Source(HOME), pools, asynchronous) as application, placed["shard-1"].transaction():
        placed["shard-1"].execute("SELECT pg_advisory_xact_lock(novaops_schema.gate_key(%s))", (TENANT,))
        assert application.ask(TENANT, WHERE, readonly=True, primary=True) == (False, "on")


def test_a_replica_that_does_not_answer_is_not_waited_for(
    pools: Mapping[str, PoolAddress],
    placed: Leaders,
    asynchronous: bool,
    pauses: list[float | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its primary answers, which is not written to; the next reader does not even try."""
    monkeypatch.setattr(tries, "REST_SECONDS", 3600)
    nowhere = {**pools["shard-1"].replica, "port": "1"}
    broken = {**pools, "shard-1": replace(pools["shard-1"], replica=nowhere)}
    with client(Source(HOME), broken, asynchronous) as application:
        assert application.ask(TENANT, WHERE, readonly=True) == (False, "on")
        assert application.ask(TENANT, WHERE, readonly=True) == (False, "on")
    assert pauses == [0.0]


def test_a_replica_that_is_behind_is_passed_over(
    pools: Mapping[str, PoolAddress],
    placed: Leaders,
    asynchronous: bool,
    replay: Replay,
) -> None:
    """And one that has all there is may be asked however long ago the last transaction was."""
    with client(Source(HOME), pools, asynchronous) as application:

        def fresh() -> bool:
            return bool(application.ask(TENANT, WHERE, readonly=True, max_lag_seconds=0) == (True, "on"))

        wait_for(fresh, "the replica to have everything")
        replay.freeze()
        application.ask(TENANT, WRITE)
        wait_for(replay.is_behind, "the replica to be behind")
        assert application.ask(TENANT, READ, readonly=True, max_lag_seconds=0) == (1, 1)
        assert application.ask(TENANT, WHERE, readonly=True, max_lag_seconds=3600) == (True, "on")
        assert application.ask(TENANT, READ, readonly=True) == (1, 0)
        replay.go_on()
        wait_for(fresh, "the replica to have everything again")
