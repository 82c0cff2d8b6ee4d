"""Indexes of a tenant's own schema: but for keys they are laid aside while its rows come, and built afterwards.

Nothing is written down for that: what the sender has and the receiver has not is what is missing, after a kill too."""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import sql

from novaops.operations.contract import StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves.catalog import statement
from shards.moves.copying.jobs import Job, run
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream

SECONDS = 7 * 3600
SMALL_BYTES = 8 * 2**20
LARGE = """
    SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname = %s AND pg_relation_size(c.oid) > %s
"""


@dataclass(frozen=True, slots=True)
class Index:
    """`definition` makes it, on a partitioned table without its partitions; `parent` is the one that it belongs to."""

    name: str
    table_name: str
    partitioned: bool
    definition: str
    parent: str


def all_of(session: Session, schema: str) -> list[Index]:
    """Those that may be laid aside: first those of whole tables, then those of their partitions."""
    return [Index(**row) for row in session.execute(statement("indexes"), {"schema": schema}).fetchall()]


def lay_aside(receiver: Session, stream: Stream) -> None:
    """Inside the transaction that made the schema: its tables are empty."""
    for index in all_of(receiver, stream.schema_name):
        name = sql.Identifier(stream.schema_name, index.name)
        receiver.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(name))


def complete(context: StepContext, stream: Stream, workers: int) -> int:
    """Builds what is missing, side by side, and says how many indexes that were. Does nothing for shared tables."""
    if not stream.schema_name:
        return 0
    with sending(stream, SECONDS) as sender, receiving(stream, SECONDS) as receiver:
        wanted, there = all_of(sender, stream.schema_name), all_of(receiver, stream.schema_name)
        missing = [index for index in wanted if index.name not in {one.name for one in there}]
        run(context, stream, _jobs(receiver, stream, missing), workers, "indexes")
        with fences.writing(receiver, context):
            for index in missing:
                if index.partitioned:
                    receiver.execute(sql.SQL(index.definition))
            _attach(receiver, stream, wanted)
    return len(missing)


def _jobs(receiver: Session, stream: Stream, missing: Iterable[Index]) -> list[Job]:
    """One for each index of a large table, and one for those of all that are small."""
    large = {row["name"] for row in receiver.execute(LARGE, (stream.schema_name, SMALL_BYTES)).fetchall()}
    jobs: list[Job] = []
    of_small: list[sql.SQL | sql.Composed] = []
    for index in missing:
        if index.partitioned:
            continue
        if index.table_name in large:
            jobs.append([sql.SQL(index.definition)])
        else:
            of_small.append(sql.SQL(index.definition))
    return [*jobs, of_small] if of_small else jobs


ATTACHED = """
    SELECT own.relname::text AS name FROM pg_inherits
    JOIN pg_class own ON own.oid = inhrelid
    JOIN pg_namespace n ON n.oid = own.relnamespace
    WHERE own.relkind IN ('i', 'I') AND n.nspname = %s
"""


def _attach(receiver: Session, stream: Stream, wanted: Iterable[Index]) -> None:
    attached = {row["name"] for row in receiver.execute(ATTACHED, (stream.schema_name,)).fetchall()}
    for index in wanted:
        if index.parent and index.name not in attached:
            receiver.execute(
                sql.SQL("ALTER INDEX {} ATTACH PARTITION {}").format(
                    sql.Identifier(stream.schema_name, index.parent), sql.Identifier(stream.schema_name, index.name)
                )
            )
