"""The router through the real pools, in transaction mode: nothing of one transaction is left for the next."""

from collections.abc import Iterator, Mapping
from itertools import chain

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from shards.placement.places import Place, PoolAddress
from shards.placement.problems import NotPlaced, ShardClosed
from shards.placement.router import Router

SETTING = "SELECT coalesce(current_setting('novaops.tenant_id', true), ''), current_setting('search_path')"
PLACES = {
    "red": Place("red", "shard-1", 1),
    "own": Place("own", "shard-1", 4, schema_name='t_"own"'),
    "far": Place("far", "shard-2", 1),
    "still": Place("still", "shard-1", 1, shard_state="readonly"),
}


@pytest.fixture
def router(pools: Mapping[str, PoolAddress]) -> Iterator[Router]:
    found = Router(PLACES.get, pools)
    yield found
    found.close()


def seen(connection: psycopg.Connection) -> tuple[str, str]:
    row = connection.execute(SETTING).fetchone()
    assert row
    return row[0], row[1]


def test_each_transaction_has_its_tenant(router: Router) -> None:
    assert router.run("red", seen) == ("red", '"public"')
    assert router.run("own", seen) == ("own", '"t_""own""", "public"')
    assert router.run("red", seen, readonly=True) == ("red", '"public"')


def test_nothing_is_left_for_the_next_client_of_the_pool(router: Router, pools: Mapping[str, PoolAddress]) -> None:
    """Many clients share few server connections: none of them may find another's tenant."""
    others = [psycopg.connect(make_conninfo(**pools["shard-1"].primary), prepare_threshold=None) for _ in range(20)]
    try:
        found = set()
        for number, other in enumerate(chain(others, others)):
            router.run("own" if number % 2 else "red", seen)
            found.add(seen(other))
            other.rollback()
    finally:
        for other in others:
            other.close()
    assert found == {("", '"$user", public')}


def test_a_failed_transaction_leaves_nothing_either(router: Router) -> None:
    with pytest.raises(errors.DivisionByZero):
        router.run("own", lambda connection: connection.execute("SELECT 1/0"))
    assert router.run("red", seen) == ("red", '"public"')


def test_a_move_is_followed(pools: Mapping[str, PoolAddress]) -> None:
    """The old shard refuses with the error of a moved tenant; the router asks again and goes to the new one."""
    places = [Place("red", "shard-1", 1), Place("red", "shard-2", 2)]
    moving = Router(lambda _: places.pop(0) if len(places) > 1 else places[0], pools)
    epochs = []

    def work(connection: psycopg.Connection) -> str:
        row = connection.execute("SELECT current_setting('novaops.epoch')").fetchone()
        assert row
        epochs.append(row[0])
        if row[0] == "1":
            connection.execute("DO $$ BEGIN RAISE EXCEPTION 'moved' USING ERRCODE = 'NV001'; END $$")
        return moving.place("red").shard

    assert moving.run("red", work) == "shard-2"
    assert epochs == ["1", "2"]
    moving.close()


def test_the_last_known_place_serves_while_placement_cannot_be_asked(pools: Mapping[str, PoolAddress]) -> None:
    answers = [Place("red", "shard-1", 1)]

    def source(_: str) -> Place | None:
        if not answers:
            raise ConnectionError("the control database is away")
        return answers.pop()

    router = Router(source, pools, remember_seconds=0)
    assert [router.place("red").shard for _ in range(3)] == ["shard-1"] * 3
    router.close()


def test_refusals_are_sentences(router: Router) -> None:
    with pytest.raises(NotPlaced, match="'nobody' is placed on no shard"):
        router.run("nobody", seen)
    with pytest.raises(ShardClosed, match="shard-1 is readonly"):
        router.run("still", seen)
    assert router.run("still", seen, readonly=True)[0] == "still"
