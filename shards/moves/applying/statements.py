"""The SQL of a table, for many rows at once. Values are text, one array for each column, and become what their column
is on the server, as its own input functions read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from psycopg import sql

from shards.moves.applying.changes import Key, Values
from shards.moves.applying.netting import Effect
from shards.moves.tables import Table

# Stands for a parameter until all names are in their places: no name holds it.
VALUE = "\0"


@dataclass(slots=True)
class Statement:
    """`rows`: how many it has to write; None where any number is right."""

    query: bytes
    values: tuple[str | None, ...]
    rows: int | None
    table: Table


def statement(effect: Effect) -> Statement | None:
    """None where nothing is to be written: an update of a row that is all key."""
    table, rows, expected = effect.table, effect.rows, len(effect.rows) if effect.strict else None
    if effect.kind == "delete":
        return Statement(delete(table), _keys(table, rows), expected, table)
    columns = effect.columns
    if effect.kind == "update":
        set_here = tuple(name for name in columns if name not in table.key)
        if not set_here:
            return None
        values = (*_keys(table, rows), *(_column(rows, name) for name in set_here))
        return Statement(update(table, set_here), values, expected, table)
    columns = tuple(column.name for column in table.written)
    values = tuple(_column(rows, name) for name in columns)
    return Statement(put(table) if effect.kind == "put" else insert(table), values, expected, table)


def _keys(table: Table, rows: Sequence[tuple[Key, Values]]) -> tuple[str, ...]:
    return tuple(array(key[number] for key, _ in rows) for number in range(len(table.key)))


def _column(rows: Sequence[tuple[Key, Values]], name: str) -> str:
    return array(values[name] for _, values in rows)


def array(values: Iterable[str | None]) -> str:
    """A literal of text[]."""
    return "{" + ",".join(map(_quoted, values)) + "}"


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    return f'"{value}"' if '"' not in value else '"' + value.replace('"', '\\"') + '"'


@lru_cache(maxsize=1000)
def delete(table: Table) -> bytes:
    return _bytes("DELETE FROM {} AS kept USING {} WHERE {}", table.identifier, _given(table.key), _same(table))


@lru_cache(maxsize=1000)
def update(table: Table, columns: tuple[str, ...]) -> bytes:
    sets = [sql.SQL("{} = {}").format(sql.Identifier(name), _cast(table, name)) for name in columns]
    given = _given((*table.key, *columns))
    return _bytes("UPDATE {} AS kept SET {} FROM {} WHERE {}", table.identifier, _list(sets), given, _same(table))


@lru_cache(maxsize=1000)
def insert(table: Table) -> bytes:
    return _bytes("{}", _insert(table))


@lru_cache(maxsize=1000)
def put(table: Table) -> bytes:
    """Whether or not the row is there."""
    others = [column.name for column in table.written if column.name not in table.key]
    sets = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in others]
    doing = sql.SQL("UPDATE SET {}").format(_list(sets)) if sets else sql.SQL("NOTHING")
    return _bytes("{} ON CONFLICT ({}) DO {}", _insert(table), _list(map(sql.Identifier, table.key)), doing)


@lru_cache(maxsize=1000)
def move(table: Table, known: tuple[str, ...]) -> bytes:
    """One row to another key, with what was not sent as it is. Its parameters are the old key and the known values."""
    columns = [column.name for column in table.written]
    old = [sql.SQL("kept.{} = {}").format(sql.Identifier(name), _typed(table, name)) for name in table.key]
    values = [_typed(table, name) if name in known else sql.Identifier(name) for name in columns]
    return _bytes(
        "WITH gone AS (DELETE FROM {} AS kept WHERE {} RETURNING *)"
        " INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM gone",
        table.identifier,
        sql.SQL(" AND ").join(old),
        table.identifier,
        _list(map(sql.Identifier, columns)),
        _list(values),
    )


def known_of(table: Table, values: Values) -> tuple[str, ...]:
    """The known columns, in the order of `move`'s parameters."""
    return tuple(column.name for column in table.written if column.name in values)


def clear(table: Table, tenant_id: str) -> Statement:
    if table.shared:
        query = _bytes("DELETE FROM {} WHERE tenant_id = {}", table.identifier, sql.SQL(VALUE))
        return Statement(query, (tenant_id,), None, table)
    return Statement(_bytes("DELETE FROM {}", table.identifier), (), None, table)


def _insert(table: Table) -> sql.Composed:
    names = tuple(column.name for column in table.written)
    casts = [_cast(table, name) for name in names]
    columns = _list(map(sql.Identifier, names))
    made = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}")
    return made.format(table.identifier, columns, _list(casts), _given(names))


def _given(names: Sequence[str]) -> sql.Composable:
    arrays = sql.SQL(", ").join([sql.SQL(f"{VALUE}::text[]")] * len(names))
    return sql.SQL("unnest({}) AS given ({})").format(arrays, _list(map(sql.Identifier, names)))


def _same(table: Table) -> sql.Composable:
    both = (sql.SQL("kept.{} = {}").format(sql.Identifier(name), _cast(table, name)) for name in table.key)
    return sql.SQL(" AND ").join(both)


def _cast(table: Table, name: str) -> sql.Composable:
    return sql.SQL("given.{}::{}").format(sql.Identifier(name), _type(table, name))


def _typed(table: Table, name: str) -> sql.Composable:
    return sql.SQL(f"{VALUE}::{{}}").format(_type(table, name))


def _type(table: Table, name: str) -> sql.SQL:
    """As format_type wrote it, which quotes what has to be."""
    return sql.SQL(next(column.type for column in table.columns if column.name == name))


def _list(parts: Iterable[sql.Composable]) -> sql.Composable:
    return sql.SQL(", ").join(parts)


def _bytes(template: str, *parts: sql.Composable) -> bytes:
    """For parameters: a percent sign of a name is doubled."""
    made = sql.SQL(template).format(*parts).as_bytes()
    return made.replace(b"%", b"%%").replace(VALUE.encode(), b"%s")


def chosen(table: Table, columns: Sequence[sql.Composable]) -> bytes:
    """One row by its key, which are the parameters."""
    key = (sql.SQL("{} = {}").format(sql.Identifier(name), _typed(table, name)) for name in table.key)
    return _bytes("SELECT {} FROM {} WHERE {}", _list(columns), table.identifier, sql.SQL(" AND ").join(key))


def holders(table: Table, schema: str, name: str, parts: Iterable[tuple[str, str]], condition: str | None) -> bytes:
    """Deletes from a table, or its partition, the tenant's rows that no other may be beside. Parameters: the columns
    that are written, then the tenant of a shared table. Expressions of an index name columns alone, which are those of
    the innermost query."""
    given = [
        sql.SQL("{} AS {}").format(_typed(table, column.name), sql.Identifier(column.name)) for column in table.written
    ]
    alike: list[sql.Composable] = [
        sql.SQL("({0}) {1} (SELECT {0} FROM given)").format(sql.SQL(part), sql.SQL(operator))
        for part, operator in parts
    ]
    alike += [sql.SQL(f"({condition})")] if condition else []
    alike += [sql.SQL(f"tenant_id = {VALUE}")] if table.shared else []
    return _bytes(
        "WITH given AS (SELECT {}) DELETE FROM {} WHERE {}",
        _list(given),
        sql.Identifier(schema, name),
        sql.SQL(" AND ").join(alike),
    )
