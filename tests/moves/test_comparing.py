"""Every row of a tenant is compared on two real shards: what is found, and by which name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, LiteralString

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg import sql
from psycopg.types.json import Jsonb

from novaops.fleets.models import Fleet
from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.moves.catalog import tables_of
from shards.moves.chunks import Chunk
from shards.moves.comparing.compare import Comparison, compare
from shards.moves.comparing.hashing import sums_of
from shards.moves.comparing.rows import MOST_NAMED, Difference, RowsDiffer
from shards.moves.sessions import sending
from shards.moves.tables import Table
from tests import on_shard
from tests.moves import two_shards

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_comparing_tests", 900_011)
ROWS, MANY = 3000, 100
MADE = """
    CREATE SCHEMA {schema};
    SET search_path = {schema};
    CREATE TYPE mood AS ENUM ('calm', 'angry');
    CREATE TYPE moody AS (a integer, b mood);
    CREATE COLLATION whatever_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE things (place text, id bigint, name text COLLATE whatever_case, amount numeric, ratio float8,
        big bigint, at timestamptz, document jsonb, exact json, mood mood, moody moody, several text[],
        letters char(4), twice bigint GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (place, id))
        PARTITION BY RANGE (id);
    CREATE TABLE things_low PARTITION OF things FOR VALUES FROM (MINVALUE) TO (1000);
    CREATE TABLE things_high PARTITION OF things FOR VALUES FROM (1000) TO (MAXVALUE);
    CREATE TABLE few (id integer PRIMARY KEY, text text);
    INSERT INTO things
    SELECT 'a' || i %% 3, i, 'name ' || i, i::numeric / 4, i / 8.0, i, timestamptz '2026-01-01' + i * interval '1 min',
        jsonb_build_object('i', i), '{{"a": 1}}', 'calm', (1, 'angry')::moody, ARRAY['x', NULL], 'ab'
    FROM generate_series(1, {rows}) AS i
"""
# Of each: what PostgreSQL's own hash, an operator or a summing up would take for the same.
PAIRS = (
    ("amount", "1.0", "1.00"),
    ("ratio", "'0'", "'-0'"),
    ("ratio", "1", "NULL"),
    ("big", "1", "4294967296"),
    ("big", "0", "NULL"),
    ("name", "'A'", "'a'"),
    ("name", "''", "NULL"),
    ("document", "'{\"a\": 1.0}'", "'{\"a\": 1.00}'"),
    ("exact", "'{\"a\": 1}'", "'{\"a\":1}'"),
    ("mood", "'calm'", "NULL"),
    ("moody", "(1, NULL)", "(1, 'calm')"),
    ("several", "'{}'", "NULL"),
    ("several", "'{NULL}'", "'{\"NULL\"}'"),
    ("at", "'2026-01-01 00:00:00Z'", "'2026-01-01 00:00:00.000001Z'"),
    ("letters", "'a'", "NULL"),
)


class Still:
    """In place of an applier, when nothing is written."""

    def step(self, seconds: float) -> bool:
        return False

    def until(self, lsn: int) -> None:
        return

    def follows_all(self, sender: Session | None = None) -> bool:
        return True


class Killed(Exception):
    """In place of the end of a worker."""


class KilledBetween(Still):
    """Ends when the first part is verified."""

    def __init__(self, both: "Both") -> None:
        self._both = both

    def step(self, seconds: float) -> bool:
        if _verified(self._both):
            raise Killed
        return False


@dataclass
class Both:
    """What a test does on both shards beside the comparison."""

    sender: psycopg.Connection[Any]
    receiver: psycopg.Connection[Any]
    tables: tuple[Table, ...] = ()

    def execute(self, statement: str, **names: int) -> None:
        for session in (self.sender, self.receiver):
            _execute(session, statement, **names)

    def compare(self, applier: Still = Still(), seconds: float = 60) -> Comparison:  # noqa: B008 (it keeps nothing)
        return compare(on_shard.context(STREAM.receiver), STREAM, self.tables, applier, seconds)

    def differences(self) -> dict[tuple[str, ...], Difference]:
        with pytest.raises(RowsDiffer) as raised:
            self.compare()
        return {one.key: one for one in raised.value.found}


def _execute(session: psycopg.Connection[Any], statement: str, **names: int) -> None:
    literals = {name: sql.Literal(value) for name, value in names.items()}
    session.execute(sql.SQL(statement).format(schema=sql.Identifier(STREAM.schema_name), **literals))


@pytest.fixture
def both(live_fleet: Fleet) -> Iterator[Both]:
    """The same rows on both, in parts; an enum and a type of which each shard has its own number."""
    with tenant_context(live_fleet), two_shards.on_both(STREAM) as (sender, receiver):
        made = Both(sender, receiver)
        sender.execute("CREATE TYPE pg_temp.before AS ENUM ('a', 'b')")
        made.execute(MADE.replace("%%", "%"), rows=ROWS)
        two_shards.expect(receiver, STREAM)
        with sending(STREAM, 10) as session:
            made.tables = tables_of(session, STREAM)
        few, things = made.tables
        _cut(receiver, few, [])
        _cut(receiver, things, [["a1", "0"], ["a1", "1500"], ["a2", "700"]])
        yield made


def _cut(receiver: psycopg.Connection[Any], table: Table, bounds: Sequence[list[str]]) -> None:
    name, ends = table.full_name, [None, *map(Jsonb, bounds), None]
    receiver.execute(
        "DELETE FROM novaops_schema.arrival_chunks WHERE stream = %s AND table_name = %s", (STREAM.name, name)
    )
    with receiver.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO novaops_schema.arrival_chunks (stream, table_name, number, lower, upper, copied_at)"
            " VALUES (%s, %s, %s, %s, %s, now())",
            [(STREAM.name, name, number, *pair) for number, pair in enumerate(pairwise(ends))],
        )


def test_the_same_rows_are_the_same_and_a_second_call_has_nothing_to_do(both: Both) -> None:
    _touch(both)
    first = both.compare()
    assert (first.rows, first.chunks, first.points) == (ROWS, 5, 1)
    assert _touched(both) == 0, "what was written before the first point is compared with all else"
    assert both.compare().points == 0


def test_rows_that_differ_are_named_with_their_columns(both: Both) -> None:
    _execute(both.receiver, "UPDATE {schema}.things SET name = 'wrong', big = -1 WHERE id = 1500")
    _execute(both.receiver, "DELETE FROM {schema}.things WHERE id = 2")
    _execute(both.receiver, "INSERT INTO {schema}.things (place, id) VALUES ('', 5), ('zzz', 6)")
    _execute(both.sender, "INSERT INTO {schema}.few VALUES (7, NULL)")
    _execute(both.receiver, "INSERT INTO {schema}.few VALUES (7, '')")
    found = both.differences()
    things, few = f"{STREAM.schema_name}.things", f"{STREAM.schema_name}.few"
    assert found == {
        ("a0", "1500"): Difference(things, ("a0", "1500"), ("name", "big")),
        ("a2", "2"): Difference(things, ("a2", "2"), only_on="sender"),
        ("", "5"): Difference(things, ("", "5"), only_on="receiver"),
        ("zzz", "6"): Difference(things, ("zzz", "6"), only_on="receiver"),
        ("7",): Difference(few, ("7",), ("text",)),
    }


def test_a_difference_keeps_its_part_from_being_verified_and_is_a_sentence(both: Both) -> None:
    _execute(both.receiver, "UPDATE {schema}.few SET text = 'x'")
    _execute(both.sender, "INSERT INTO {schema}.few VALUES (1, 'only here')")
    with pytest.raises(PermanentProblem, match=r"the row \(1\) of \S+\.few differs as it is only on"):
        both.compare()
    both.receiver.execute(b"INSERT INTO novaops_comparing_tests.few VALUES (1, 'only here')")
    assert both.compare().rows == ROWS + 1


def test_of_very_many_differences_some_are_named(both: Both) -> None:
    _execute(both.receiver, "UPDATE {schema}.things SET name = name || '!'")
    with pytest.raises(RowsDiffer) as raised:
        both.compare()
    assert len(raised.value.found) == MOST_NAMED
    assert raised.value.others > 0


def test_nothing_that_is_not_the_same_has_the_same_sums(both: Both) -> None:
    with sending(STREAM, 30) as session:
        for column, one, other in PAIRS:
            assert _sums(session, both, column, one) != _sums(session, both, column, other), (column, one, other)


def test_rows_that_have_exchanged_a_value_have_other_sums(both: Both) -> None:
    """Sums over the hashes of columns alone would not see it."""
    _execute(both.receiver, "UPDATE {schema}.things SET big = 3001 - big WHERE id IN (1, 3000)")
    assert set(both.differences()) == {("a1", "1"), ("a0", "3000")}


def test_what_was_verified_at_one_point_is_not_compared_at_the_next(both: Both) -> None:
    """A worker was killed; what was written since its point is still to be compared by whoever goes on."""
    _cut(both.receiver, both.tables[0], [[str(number)] for number in range(MANY)])
    with pytest.raises(Killed):
        both.compare(KilledBetween(both))
    verified = _verified(both)
    assert 0 < verified < MANY
    _touch(both)
    compared = both.compare()
    assert (compared.rows, compared.points) == (ROWS, 1)
    assert _touched(both) == 1
    assert both.compare(KilledBetween(both)).points == 0


def test_a_point_is_good_for_a_while_only(both: Both) -> None:
    _cut(both.receiver, both.tables[0], [[str(number)] for number in range(MANY)])
    compared = both.compare(seconds=0)
    assert compared.points > 1
    assert compared.rows == ROWS


def _sums(session: Session, both: Both, column: str, value: str) -> object:
    table = next(table for table in both.tables if table.name == "things")
    session.execute(
        sql.SQL("UPDATE {}.things SET {} = {} WHERE id = 77").format(
            sql.Identifier(STREAM.schema_name), sql.Identifier(column), sql.SQL(value)
        )
    )
    return sums_of(session, STREAM, table, Chunk(table.full_name, 0), 1)


def _touch(both: Both) -> None:
    both.receiver.execute(
        "INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys) VALUES (%s, %s, '[[\"1\"]]')",
        (STREAM.name, f"{STREAM.schema_name}.few"),
    )


def _touched(both: Both) -> int:
    return _count(both, "SELECT count(*) FROM novaops_schema.arrival_touched WHERE stream = %s")


def _verified(both: Both) -> int:
    return _count(
        both, "SELECT count(*) FROM novaops_schema.arrival_chunks WHERE stream = %s AND verified_at IS NOT NULL"
    )


def _count(both: Both, query: LiteralString) -> int:
    row = both.receiver.execute(query, (STREAM.name,)).fetchone()
    assert row is not None
    return int(row[0])
