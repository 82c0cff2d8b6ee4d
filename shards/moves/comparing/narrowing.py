"""From a part that differs to the rows that do: it is halved by its key until few enough are left."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from psycopg import sql

from shards.clients.postgres import Session
from shards.moves.chunks import Chunk, condition, only
from shards.moves.comparing.hashing import Sums
from shards.moves.comparing.images import row_hash
from shards.moves.comparing.keyed import Key
from shards.moves.comparing.rows import MOST_NAMED, Difference, differences_of
from shards.moves.streams import Stream
from shards.moves.tables import Table

FEW_ROWS = 400
MIDDLE = "SELECT {key} FROM {only}{table} WHERE {chosen} ORDER BY {order} OFFSET {half} LIMIT 1"
HASHES = "SELECT {key}, {row_hash} AS hash FROM {only}{table} AS compared WHERE {chosen}"
HashBoth = Callable[[Chunk], tuple[Sums, Sums]]


def narrow(
    sender: Session, receiver: Session, stream: Stream, table: Table, part: Chunk, both: HashBoth, seed: int
) -> list[Difference]:
    """The rows that differ in a part whose sums do; not all of them, when there are more than can be named. None, where
    the two servers put keys in another order, and so a row into another part: a row is looked for by its key."""
    found: list[Difference] = []
    left = [part]
    while left and len(found) <= MOST_NAMED:
        chunk = left.pop()
        theirs, ours = both(chunk)
        if theirs == ours:
            continue
        if max(theirs.rows, ours.rows) <= FEW_ROWS:
            keys = _keys_that_differ(sender, receiver, stream, table, chunk, seed)
            found += differences_of(sender, receiver, stream, table, keys)
            continue
        fuller, rows = (sender, theirs.rows) if theirs.rows >= ours.rows else (receiver, ours.rows)
        middle = _middle(fuller, stream, table, chunk, rows // 2)
        left += [replace(chunk, lower=middle), replace(chunk, upper=middle)]
    return found


def _keys_that_differ(
    sender: Session, receiver: Session, stream: Stream, table: Table, chunk: Chunk, seed: int
) -> list[Key]:
    theirs, ours = (Counter(_hashes(session, stream, table, chunk, seed)) for session in (sender, receiver))
    return sorted({key for key, _ in (theirs - ours) + (ours - theirs)})


def _hashes(session: Session, stream: Stream, table: Table, chunk: Chunk, seed: int) -> list[tuple[Key, int]]:
    chosen, parameters = condition(table, chunk)
    query = sql.SQL(HASHES).format(
        key=_key(table),
        row_hash=row_hash(table, "compared", sql.Literal(seed)),
        only=only(table),
        table=table.identifier,
        chosen=chosen,
    )
    rows = session.execute(query, {**parameters, "tenant": stream.tenant_id})
    return [(tuple(row["key"]), row["hash"]) for row in rows]


def _middle(session: Session, stream: Stream, table: Table, chunk: Chunk, half: int) -> Key:
    chosen, parameters = condition(table, chunk)
    query = sql.SQL(MIDDLE).format(
        key=_key(table),
        only=only(table),
        table=table.identifier,
        chosen=chosen,
        order=sql.SQL(", ").join(map(sql.Identifier, table.key)),
        half=sql.Literal(half),
    )
    row = session.execute(query, {**parameters, "tenant": stream.tenant_id}).fetchone()
    assert row is not None, "the rows were counted in the same snapshot"
    return tuple(row["key"])


def _key(table: Table) -> sql.Composed:
    texts = [sql.SQL("{}::text").format(sql.Identifier(column)) for column in table.key]
    return sql.SQL("ARRAY[{}] AS key").format(sql.SQL(", ").join(texts))
