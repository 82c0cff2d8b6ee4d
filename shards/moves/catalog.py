"""What of a tenant there is on a shard: its tables and sequences, read from the catalog."""

from functools import cache
from pathlib import Path
from typing import Any

from shards.clients.postgres import Session
from shards.moves.hypertables import Hypertable, hypertables_of
from shards.moves.sequences import Sequence
from shards.moves.streams import Stream
from shards.moves.tables import TENANT, Column, Engine, Table

_KINDS = {"p": Engine.PARTITIONED}


@cache
def statement(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()


def tables_of(session: Session, stream: Stream) -> tuple[Table, ...]:
    """All tables that hold rows of the tenant, also those that cannot be moved (`unusable` says why); what others refer
    to comes first."""
    rows = _rows(session, stream)
    columns = _columns(session, rows)
    cut = hypertables_of(session, stream.schema_name)
    found = {row["oid"]: _table(stream, row, columns.get(row["oid"], ()), cut.get(row["name"])) for row in rows}
    return tuple(found[oid] for oid in _order(session, list(found)))


def sequences_of(session: Session, stream: Stream) -> tuple[Sequence, ...]:
    """Those that columns of the tenant's tables own or take their default from, and all of the tenant's schema."""
    named = {"oids": [row["oid"] for row in _rows(session, stream)], "schema": stream.schema_name}
    return tuple(Sequence(**row) for row in session.execute(statement("sequences"), named).fetchall())


def _rows(session: Session, stream: Stream) -> list[dict[str, Any]]:
    return session.execute(statement("tables"), {"schema": stream.schema_name}).fetchall()


def _columns(session: Session, rows: list[dict[str, Any]]) -> dict[int, tuple[Column, ...]]:
    found: dict[int, list[Column]] = {}
    for row in session.execute(statement("columns"), {"oids": [row["oid"] for row in rows]}).fetchall():
        found.setdefault(row.pop("oid"), []).append(Column(**row))
    return {oid: tuple(columns) for oid, columns in found.items()}


def _table(stream: Stream, row: dict[str, Any], columns: tuple[Column, ...], hypertable: Hypertable | None) -> Table:
    engine = Engine.HYPERTABLE if hypertable else _KINDS.get(row["kind"], Engine.PLAIN)
    shared = not stream.schema_name
    return Table(
        row["schema"],
        row["name"],
        columns,
        tuple(row["key"]),
        shared=shared,
        engine=engine,
        unusable=_why_unusable(row, columns, hypertable, shared),
        along=hypertable.along if hypertable else "",
    )


def _why_unusable(row: dict[str, Any], columns: tuple[Column, ...], hypertable: Hypertable | None, shared: bool) -> str:
    name, key = f"{row['schema']}.{row['name']}", row["key"]
    generated = {column.name for column in columns if column.generated} & set(key)
    odd = ", ".join(row["odd_partitions"][:5])
    reasons = {
        f"{name} is a foreign table: its rows are elsewhere.": row["kind"] == "f",
        f"{name} is unlogged: its changes are in no stream.": row["persistence"] == "u",
        f"{name} {hypertable and hypertable.unusable}.": bool(hypertable and hypertable.unusable),
        f"Other tables inherit from {name}: {', '.join(row['heirs'][:5])}.": bool(row["heirs"]) and not hypertable,
        f"{name} has no replica identity: give it a primary key, or REPLICA IDENTITY USING INDEX.": not key,
        f"The key of {name} is computed: {', '.join(sorted(generated))} is in no stream.": bool(generated),
        f"The key of {name} ({', '.join(key)}) is without {TENANT}: changes could not be told apart by it.": (
            shared and bool(key) and TENANT not in key
        ),
        f"{'Chunks' if hypertable else 'Partitions'} of {name} have another replica identity, or no WAL: {odd}.": bool(
            odd
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _order(session: Session, oids: list[int]) -> list[int]:
    """By name, but after what they refer to; a circle is broken where it is met."""
    rows = session.execute(statement("references"), {"oids": oids}).fetchall()
    refers = {row["oid"]: row["refers_to"] for row in rows}
    ordered: dict[int, None] = {}

    def add(oid: int, above: frozenset[int]) -> None:
        for other in sorted(refers.get(oid, ()), key=oids.index):
            if other not in above and other not in ordered:
                add(other, above | {other})
        ordered[oid] = None

    for oid in oids:
        if oid not in ordered:
            add(oid, frozenset({oid}))
    return list(ordered)
