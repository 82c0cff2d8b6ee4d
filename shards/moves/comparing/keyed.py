"""Rows by their keys, many at once, each through the key's index."""

from collections.abc import Sequence

from psycopg import sql

from shards.moves.chunks import only
from shards.moves.tables import TENANT, Table

# One row for each wanted key that the tenant has. A join would leave the way to the planner, and one that takes the
# tenant for small (its rows have just come) would read all of the tenant for each key.
KEYED = """
    SELECT {place}::integer AS place, wanted.number, found.*
    FROM unnest({keys}) WITH ORDINALITY AS wanted ({names}, number)
    CROSS JOIN LATERAL (SELECT {what} FROM {only}{table} AS compared WHERE {same} OFFSET 0) AS found
"""
Key = tuple[str, ...]


def keyed(
    table: Table, place: int, what: sql.Composable, arrays: Sequence[sql.Composable], tenant: sql.Composable
) -> sql.Composed:
    """`what` is said of the row, `compared`; before it come `place`, as given, and the `number` of the key, from 1 on.
    `arrays`: an expression of type text[] for each column of the key, in its order."""
    names = [sql.Identifier(f"key_{number}") for number in range(len(table.key))]
    wanted = [sql.SQL("wanted.{}").format(name) for name in names]
    if table.shared:
        wanted[table.key.index(TENANT)] = sql.SQL("{}").format(tenant)
    cast = [
        sql.SQL("{}::{}[]").format(array, sql.SQL(table.column(column).type))
        for column, array in zip(table.key, arrays, strict=True)
    ]
    same = [
        sql.SQL("compared.{} = {}").format(sql.Identifier(column), value)
        for column, value in zip(table.key, wanted, strict=True)
    ]
    return sql.SQL(KEYED).format(
        place=sql.Literal(place),
        keys=sql.SQL(", ").join(cast),
        names=sql.SQL(", ").join(names),
        what=what,
        only=only(table),
        table=table.identifier,
        same=sql.SQL(" AND ").join(same),
    )


def arrays_of(table: Table, keys: Sequence[Key]) -> list[list[str]]:
    """The values of each column of the key."""
    return [[key[place] for key in keys] for place in range(len(table.key))]
