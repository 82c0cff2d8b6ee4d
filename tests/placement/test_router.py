"""The router through the real pools, in transaction mode: nothing of one transaction is left for the next."""

from collections.abc import Iterator, Mapping
from itertools import chain

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from shards.placement.places import Place, PoolAddress
from shards.placement.problems import NotPlaced, ShardClosed, ShardUnknown
from shards.placement.router import Router
from tests.placement.conftest import Leaders
from tests.placement.moving import NAME, set_gate

SETTING = "SELECT coalesce(current_setting('novaops.tenant_id', true), ''), current_setting('search_path')"
RED, OWN, STILL, LOST = (NAME.format(each) for each in ("red", "own", "still", "lost"))
PLACES = {
    RED: Place(RED, "shard-1", 1),
    OWN: Place(OWN, "shard-1", 4, schema_name='t_"own"'),
    STILL: Place(STILL, "shard-1", 1, shard_state="readonly"),
    LOST: Place(LOST, "shard-9", 1),
}


@pytest.fixture
def router(pools: Mapping[str, PoolAddress], leaders: Leaders) -> Iterator[Router]:
    for place in PLACES.values():
        set_gate(leaders["shard-1"], place.tenant_id, "open", place.epoch)
    found = Router(PLACES.get, pools)
    yield found
    found.close()


def seen(connection: psycopg.Connection) -> tuple[str, str]:
    row = connection.execute(SETTING).fetchone()
    assert row
    return row[0], row[1]


def test_each_transaction_has_its_tenant(router: Router) -> None:
    assert router.run(RED, seen) == (RED, '"public"')
    assert router.run(OWN, seen) == (OWN, '"t_""own""", "public"')
    assert router.run(RED, seen, readonly=True) == (RED, '"public"')


def test_nothing_is_left_for_the_next_client_of_the_pool(router: Router, pools: Mapping[str, PoolAddress]) -> None:
    """Many clients share few server connections: none of them may find another's tenant."""
    others = [psycopg.connect(make_conninfo(**pools["shard-1"].primary), prepare_threshold=None) for _ in range(20)]
    try:
        found = set()
        for number, other in enumerate(chain(others, others)):
            router.run(OWN if number % 2 else RED, seen)
            found.add(seen(other))
            other.rollback()
    finally:
        for other in others:
            other.close()
    assert found == {("", '"$user", public')}


def test_a_failed_transaction_leaves_nothing_either(router: Router) -> None:
    with pytest.raises(errors.DivisionByZero):
        router.run(OWN, lambda connection: connection.execute("SELECT 1/0"))
    assert router.run(RED, seen) == (RED, '"public"')


def test_the_last_known_place_serves_while_placement_cannot_be_asked(pools: Mapping[str, PoolAddress]) -> None:
    answers = [Place("red", "shard-1", 1)]

    def source(_: str) -> Place | None:
        if not answers:
            raise ConnectionError("the control database is away")
        return answers.pop()

    router = Router(source, pools, remember_seconds=0)
    assert [router.place("red").shard for _ in range(3)] == ["shard-1"] * 3
    router.close()


def test_a_broken_connection_is_another_try(router: Router, leaders: Leaders) -> None:
    tries = []

    def work(connection: psycopg.Connection) -> int:
        tries.append(connection.info.backend_pid)
        if len(tries) == 1:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            assert row
            leaders["shard-1"].execute("SELECT pg_terminate_backend(%s, 10000)", (row[0],))
        connection.execute("INSERT INTO vms_cold (tenant_id, id) VALUES (%s, gen_random_uuid())", (RED,))
        return len(tries)

    assert router.run(RED, work) == 2


def test_refusals_are_sentences(router: Router) -> None:
    with pytest.raises(NotPlaced, match="'nobody' is placed on no shard"):
        router.run("nobody", seen)
    with pytest.raises(ShardClosed, match="shard-1 is readonly"):
        router.run(STILL, seen)
    with pytest.raises(ShardUnknown, match="is on shard-9, which this router does not know"):
        router.run(LOST, seen)
    assert router.run(STILL, seen, readonly=True)[0] == STILL
