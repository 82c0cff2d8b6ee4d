"""What a tenant owns on a real shard, and where its tables are cut into parts."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.moves import chunks
from shards.moves.catalog import sequences_of, tables_of
from shards.moves.sessions import receiving, sending
from shards.moves.tables import Engine, Table
from tests import on_shard
from tests.moves import two_shards

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_catalog_tests", 900_001)
SHARED = two_shards.in_shared_tables("novaops catalog tests", 900_002)
KEYS = {
    "public.users": ("tenant_id", "id"),
    "public.vms": ("tenant_id", "id", "created_at"),
    "public.vms_hot": ("tenant_id", "id"),
    "public.vms_cold": ("tenant_id", "id"),
    "public.vm_audit": ("tenant_id", "id", "at"),
    "public.vm_metrics": ("tenant_id", "vm_id", "time"),
    "public.vm_metrics_hourly": ("tenant_id", "vm_id", "hour"),
}
MADE = """
    CREATE SCHEMA {schema};
    SET search_path = {schema};
    CREATE TYPE mood AS ENUM ('calm', 'angry');
    CREATE TYPE pair AS (a integer, b text);
    CREATE TYPE moody AS (a integer, b mood);
    CREATE DOMAIN small AS integer CHECK (VALUE < 10);
    CREATE TYPE smalls AS RANGE (subtype = integer);
    CREATE TABLE children (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent bigint NOT NULL);
    CREATE TABLE parents (id bigserial PRIMARY KEY, twice bigint GENERATED ALWAYS AS (id * 2) STORED,
        mood mood, moods mood[], pair pair, moody moody, small small, smalls smalls, many smalls[], named regclass,
        plain text[], length varchar(5));
    ALTER TABLE children ADD FOREIGN KEY (parent) REFERENCES parents;
    CREATE TABLE chosen (id integer NOT NULL, code text NOT NULL, at integer NOT NULL, PRIMARY KEY (id, at))
        PARTITION BY RANGE (at);
    CREATE UNIQUE INDEX by_code ON chosen (code, at) INCLUDE (id);
    CREATE TABLE chosen_1 PARTITION OF chosen FOR VALUES FROM (0) TO (10);
    ALTER TABLE chosen REPLICA IDENTITY USING INDEX by_code;
    ALTER TABLE chosen_1 REPLICA IDENTITY USING INDEX chosen_1_code_at_id_idx;
    CREATE TABLE odd (id integer, at integer, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE odd_1 PARTITION OF odd FOR VALUES FROM (0) TO (10);
    ALTER TABLE odd_1 REPLICA IDENTITY NOTHING;
    CREATE TABLE keyless (id integer);
    CREATE UNLOGGED TABLE fleeting (id integer PRIMARY KEY);
    CREATE SEQUENCE tickets INCREMENT 5;
"""


@pytest.fixture
def leaders(live_fleet: Fleet) -> Iterator[tuple[psycopg.Connection[Any], psycopg.Connection[Any]]]:
    with tenant_context(live_fleet), two_shards.on_both(STREAM) as (sender, receiver):
        sender.execute(MADE.format(schema=STREAM.schema_name).encode())
        two_shards.enrol(sender, STREAM)
        two_shards.arrive(receiver, STREAM)
        yield sender, receiver


def tables() -> dict[str, Table]:
    with sending(STREAM, 60) as session:
        return {table.name: table for table in tables_of(session, STREAM)}


def test_a_schema_is_read_with_keys_types_and_what_cannot_move(
    leaders: tuple[psycopg.Connection[Any], psycopg.Connection[Any]],
) -> None:
    found = tables()
    assert list(found) == ["parents", "children", "chosen", "fleeting", "keyless", "odd"]
    assert found["chosen"].key == ("code", "at")
    assert found["chosen"].engine is Engine.PARTITIONED
    parents = found["parents"]
    assert {column.name for column in parents.columns if not column.portable} == {"moods", "moody", "many", "named"}
    assert [column.name for column in parents.columns if column.generated] == ["twice"]
    assert parents.column("length").type == "character varying(5)"
    assert found["children"].column("id").identity == "always"
    assert {name: table.unusable for name, table in found.items() if table.unusable} == {
        "fleeting": "novaops_catalog_tests.fleeting is unlogged: its changes are in no stream.",
        "keyless": "novaops_catalog_tests.keyless has no replica identity: give it a primary key, or REPLICA IDENTITY"
        " USING INDEX.",
        "odd": "Partitions of novaops_catalog_tests.odd have another replica identity, or no WAL:"
        " novaops_catalog_tests.odd_1.",
    }
    with sending(STREAM, 60) as session:
        sequences = {one.name: one.step for one in sequences_of(session, STREAM)}
    assert sequences == {"children_id_seq": 1, "parents_id_seq": 1, "tickets": 5}


def test_of_the_shared_tables_all_that_tell_tenants_apart(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet), sending(SHARED, 60) as session:
        found = {table.full_name: table for table in tables_of(session, SHARED)}
    assert {name: table.key for name, table in found.items() if name in KEYS} == KEYS
    assert "public.tenants" not in found
    assert all(table.portable and table.shared and not table.unusable for table in found.values())
    assert list(found).index("public.users") < list(found).index("public.vms")


def test_parts_of_a_table_hold_each_row_once_and_are_planned_once(
    leaders: tuple[psycopg.Connection[Any], psycopg.Connection[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, _ = leaders
    monkeypatch.setattr(chunks, "ROWS", 100)
    sender.execute("INSERT INTO chosen SELECT n, md5(n::text), n % 10 FROM generate_series(1, 950) AS n")
    sender.execute("INSERT INTO parents (mood) SELECT 'calm' FROM generate_series(1, 100)")
    found = tables()
    wanted = [found["chosen"], found["parents"], found["children"]]
    context = on_shard.context(STREAM.receiver)
    with sending(STREAM, 60) as source, receiving(STREAM, 60) as target:
        planned = chunks.plan_chunks(context, source, target, STREAM, wanted)
        sender.execute("INSERT INTO children (parent) SELECT n % 100 + 1 FROM generate_series(1, 500) AS n")
        assert chunks.plan_chunks(context, source, target, STREAM, wanted) == planned
        counted: dict[str, list[int | None]] = {}
        for chunk in planned:
            table = next(table for table in wanted if table.full_name == chunk.table)
            chosen, parameters = chunks.condition(table, chunk)
            row = source.execute(
                psycopg.sql.SQL("SELECT count(*) AS rows FROM {} WHERE {}").format(table.identifier, chosen),
                {**parameters, "tenant": STREAM.tenant_id},
            ).fetchone()
            counted.setdefault(table.name, []).append(row["rows"] if row else None)
    assert counted == {"chosen": [100] * 9 + [50], "parents": [100], "children": [500]}


def test_a_part_is_found_by_its_key_alone(
    leaders: tuple[psycopg.Connection[Any], psycopg.Connection[Any]],
) -> None:
    leaders[0].execute("INSERT INTO parents (mood) SELECT 'calm' FROM generate_series(1, 5000); ANALYZE parents")
    table = tables()["parents"]
    chosen, parameters = chunks.condition(table, chunks.Chunk(table.full_name, 1, ("100",), ("200",)))
    with sending(STREAM, 60) as session:
        plan = session.execute(
            psycopg.sql.SQL("EXPLAIN SELECT * FROM {} WHERE {}").format(table.identifier, chosen),
            {**parameters, "tenant": STREAM.tenant_id},
        ).fetchall()
    assert any("Index Cond" in line["QUERY PLAN"] for line in plan), plan
