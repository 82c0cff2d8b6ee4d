"""What chooses the rows of a part: all of them, once, and through the key's index."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg import ClientCursor, sql

from novaops.fleets.models import Fleet
from shards.moves.chunks import Chunk, condition
from shards.moves.tables import Column, Engine, Table
from tests import on_shard

TENANT, SIZE = "novaops chunk tests", 4000
SCHEMA = "novaops_chunk_tests"
MADE = f"""
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.items (tenant_id text, kind text, number integer, PRIMARY KEY (tenant_id, kind, number));
    INSERT INTO {SCHEMA}.items SELECT CASE n % 10 WHEN 0 THEN '{TENANT}' ELSE 'another' END, 'kind ' || n % 3, n
    FROM generate_series(1, {10 * SIZE}) AS n;
    ANALYZE {SCHEMA}.items;
"""
ITEMS = Table(
    schema=SCHEMA,
    name="items",
    columns=(Column("tenant_id", "text"), Column("kind", "text"), Column("number", "integer")),
    key=("tenant_id", "kind", "number"),
    engine=Engine.PLAIN,
)
BOUNDS: list[tuple[str, ...] | None] = [
    None,
    (TENANT, "kind 0", "9000"),
    (TENANT, "kind 0", "9600"),
    (TENANT, "kind 1", "100"),
    (TENANT, "kind 2", "39000"),
    None,
]


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[psycopg.Connection[Any]]:
    with tenant_context(live_fleet), on_shard.session("shard-1") as session, session.transaction(force_rollback=True):
        session.execute(MADE.encode())
        yield session


@pytest.mark.django_db(transaction=True)
def test_parts_hold_each_row_of_the_tenant_once(shard: psycopg.Connection[Any]) -> None:
    found = [row for chunk in _parts() for row in _ask(shard, chunk, "SELECT number FROM {}.items WHERE {}")]
    wanted = shard.execute(f"SELECT number FROM {SCHEMA}.items WHERE tenant_id = '{TENANT}'".encode()).fetchall()
    assert sorted(found) == sorted(wanted)
    assert len(found) == SIZE


@pytest.mark.django_db(transaction=True)
def test_a_part_of_keys_that_begin_alike_is_known_to_be_small(shard: psycopg.Connection[Any]) -> None:
    within_a_kind = _parts()[1]
    plan = "\n".join(row[0] for row in _ask(shard, within_a_kind, "EXPLAIN SELECT number FROM {}.items WHERE {}"))
    assert "Index Cond" in plan
    assert "Seq Scan" not in plan
    assert "number >= 9000" in plan.replace("'", "").replace("::integer", ""), plan


def test_columns_are_compared_together_only_where_they_differ() -> None:
    chosen, parameters = condition(ITEMS, Chunk("items", 1, (TENANT, "a", "1"), (TENANT, "a", "9")))
    assert chosen.as_string(None) == (
        '(tenant_id = %(tenant)s AND ("kind") = (%(same_1)s::text) AND ("number") >= (%(lower_2)s::integer)'
        ' AND ("number") < (%(upper_2)s::integer))'
    )
    assert parameters == {"same_1": "a", "lower_2": "1", "upper_2": "9"}


def _parts() -> list[Chunk]:
    return [Chunk("items", number, *bounds) for number, bounds in enumerate(pairwise(BOUNDS))]


def _ask(session: psycopg.Connection[Any], chunk: Chunk, query: str) -> list[tuple[Any, ...]]:
    chosen, parameters = condition(ITEMS, chunk)
    asked = sql.SQL(query).format(sql.Identifier(SCHEMA), chosen)
    return ClientCursor(session).execute(asked, {**parameters, "tenant": TENANT}).fetchall()
