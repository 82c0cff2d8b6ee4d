"""Sums over the rows of a part, in any order."""

import secrets
from dataclasses import dataclass

from psycopg import sql

from shards.clients.postgres import Session
from shards.moves.chunks import Chunk, condition, only
from shards.moves.comparing.images import row_hash
from shards.moves.streams import Stream
from shards.moves.tables import Table

# The hash of a row is a sum over its columns: summed over rows as it is, it would not see two rows that have exchanged
# a value. So it is hashed once more before the second sum. Sums of bigint are numeric, which does not overflow.
SUMS = """
    SELECT count(*) AS rows, coalesce(sum(hash), 0) AS plain,
        coalesce(sum(hashtextextended(hash::text, {seed})), 0) AS mixed
    FROM (SELECT {row_hash} AS hash FROM {only}{table} AS compared WHERE {chosen} OFFSET 0) AS hashed
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """Equal for equal sets of rows. Sets that differ in any way are taken for equal once in 2^64 times."""

    rows: int
    plain: int
    mixed: int


def new_seed() -> int:
    """Another one for each comparison: what one did not see, the next one does."""
    return secrets.randbits(63)


def sums_of(session: Session, stream: Stream, table: Table, chunk: Chunk, seed: int) -> Sums:
    chosen, parameters = condition(table, chunk)
    query = sql.SQL(SUMS).format(
        seed=sql.Literal(seed),
        row_hash=row_hash(table, "compared", sql.Literal(seed)),
        only=only(table),
        table=table.identifier,
        chosen=chosen,
    )
    row = session.execute(query, {**parameters, "tenant": stream.tenant_id}).fetchone()
    assert row is not None, "an aggregate always answers"
    return Sums(row["rows"], int(row["plain"]), int(row["mixed"]))
