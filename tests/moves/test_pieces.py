"""Chunks of hypertables and what their changes count for, without a server."""

from typing import Any

import pytest

from shards.decoding.pgoutput import Column as Told
from shards.decoding.pgoutput import Relation, Row, Truncate
from shards.moves.applying.changes import Translator
from shards.moves.hypertables import Hypertable
from shards.moves.pieces import Piece, State, rows_of
from shards.moves.tables import Column, Engine, Table

COLUMNS = (Column("id", "integer"), Column("at", "timestamp with time zone"))
TABLE = Table("own", "measured", COLUMNS, ("id", "at"), shared=False, engine=Engine.HYPERTABLE, along="at")
HOME = "_timescaledb_internal"
CUT = {"column": "at", "type": "timestamp with time zone", "function": False, "slices": None, "length": 86_400_000_000}


def relation(schema: str, name: str, oid: int = 1) -> Relation:
    return Relation(oid, schema, name, (Told("id", 23, True), Told("at", 1184, True)))


def piece(name: str, state: State) -> Piece:
    return Piece(TABLE.full_name, HOME, name, "2026-01-01", None, state)


def told(schema: str, name: str, *pieces: Piece) -> Any:
    translator = Translator([TABLE], {one.key: one for one in pieces})
    return translator.change(Row("insert", relation(schema, name), {"id": "1", "at": "2026-01-01"}))


def test_a_change_of_a_chunk_is_one_of_its_table() -> None:
    assert told(HOME, "one", piece("one", State.HERE)).table is TABLE


@pytest.mark.parametrize("state", [State.COMING, State.GONE])
def test_what_is_fetched_or_dropped_is_passed_over(state: State) -> None:
    assert told(HOME, "one", piece("one", state)) is None


def test_a_chunk_that_nobody_follows_yet_is_passed_over() -> None:
    assert told(HOME, "one") is None


def test_a_chunk_is_emptied_by_its_range_and_not_the_table() -> None:
    here = piece("one", State.HERE)
    translator = Translator([TABLE], {here.key: here})
    found = translator.cleared(Truncate((relation(HOME, "one"), relation(HOME, "two", 2))))
    assert found.tables == () and found.pieces == ((TABLE, here),)


def test_an_open_range_has_one_side() -> None:
    chosen, parameters = rows_of(TABLE, piece("one", State.HERE))
    assert '"at" >= %(lower)s::timestamp with time zone' in chosen.as_string(None)
    assert parameters == {"lower": "2026-01-01"}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, ""),
        ({"compressed": True}, "is compressed: end its compression policy"),
        ({"aggregated": True}, "has continuous aggregates"),
        ({"dimensions": ({**CUT, "type": "uuid"},)}, "is cut by a function of at (uuid)"),
        ({"dimensions": ({**CUT, "function": True},)}, "is cut by a function of at"),
    ],
)
def test_what_cannot_be_moved_says_why(more: dict[str, Any], why: str) -> None:
    known: dict[str, Any] = {"name": "measured", "compressed": False, "aggregated": False, "dimensions": (CUT,)}
    found = Hypertable(**{**known, **more}).unusable
    assert found.startswith(why) and bool(found) == bool(why)
