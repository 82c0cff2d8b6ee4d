"""One part of a table, in one transaction of the shard that receives: there wholly or not at all, and written down."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from novaops.operations.contract import StepContext, TransientProblem
from shards import fences
from shards.clients.postgres import Session
from shards.moves.applying import rows as applied
from shards.moves.chunks import Chunk, by_index, condition, in_order, only
from shards.moves.copying.blocks import blocks
from shards.moves.copying.older import name_session
from shards.moves.sessions import Leaders, receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import Table

PassOn = Callable[[int], None]
"""Returns when so many bytes may be written, and raises what ends the copy."""
# A slow throttle makes a part slow; a part that takes longer than this does not end.
PART_SECONDS = 3600
IDLE_SECONDS = 30
# Parts are copied beside each other, but for those that need all others to be there or not begun.
BESIDE = "SELECT pg_advisory_xact_lock_shared(hashtextextended('novaops parts of ' || %s, 0))"
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('novaops parts of ' || %s, 0))"
AT_ONCE = 500
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
COPIED = """
    UPDATE novaops_schema.arrival_chunks SET copied_at = clock_timestamp(), rows = %s, bytes = %s, verified_at = NULL
    WHERE stream = %s AND table_name = %s AND number = %s
"""


@dataclass(frozen=True, slots=True)
class Errand:
    """What each thread knows."""

    context: StepContext
    console: str
    stream: Stream
    leaders: Leaders
    tables: dict[str, Table]


def bring(errand: Errand, chunk: Chunk, pass_on: PassOn) -> tuple[int, int]:
    """Copies the part, and says how many rows and bytes it had. From any thread."""
    pass_on(0)
    with (
        sending(errand.stream, PART_SECONDS, errand.leaders) as sender,
        receiving(errand.stream, PART_SECONDS, errand.leaders) as receiver,
    ):
        for session in (sender, receiver):
            name_session(session, errand.context, errand.stream)
        try:
            return _bring(errand, chunk, sender, receiver, pass_on, alone=False)
        except applied.TAKEN:
            # Another part was copied before a value went from one of its rows to one of these.
            return _bring(errand, chunk, sender, receiver, pass_on, alone=True)


def _bring(
    errand: Errand, chunk: Chunk, sender: Session, receiver: Session, pass_on: PassOn, alone: bool
) -> tuple[int, int]:
    """Alone, what is there is from earlier snapshots: its rows give way to those that hold their unique values now."""
    with receiver.transaction():
        fences.limit(receiver, PART_SECONDS, IDLE_SECONDS)
        fences.share(receiver, errand.context, errand.console)
        receiver.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{PART_SECONDS}s")))
        receiver.execute(ALONE if alone else BESIDE, (errand.stream.name,))
        fences.limit(receiver, PART_SECONDS, IDLE_SECONDS)
        return _written(errand, chunk, sender, receiver, pass_on, alone)


def _written(
    errand: Errand, chunk: Chunk, sender: Session, receiver: Session, pass_on: PassOn, alone: bool
) -> tuple[int, int]:
    table, stream = errand.tables[chunk.table], errand.stream
    chosen, parameters = condition(table, chunk)
    rows, size = rewrite(sender, receiver, stream, table, chosen, parameters, pass_on, alone)
    written = receiver.execute(COPIED, (rows, size, stream.name, chunk.table, chunk.number))
    if written.rowcount != 1:
        raise TransientProblem(f"Part {chunk.number} of {chunk.table} is not planned any more: the copy begins anew.")
    return rows, size


def rewrite(
    sender: Session,
    receiver: Session,
    stream: Stream,
    table: Table,
    chosen: sql.Composable,
    parameters: dict[str, Any],
    pass_on: PassOn,
    alone: bool,
) -> tuple[int, int]:
    """Inside the receiver's transaction: the chosen rows of the tenant become what the sender has now, and how many
    rows and bytes that are is said."""
    parameters = {**parameters, "tenant": stream.tenant_id}
    by_index(receiver)
    # Changes that were applied meanwhile are in the snapshot too.
    receiver.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table.identifier, chosen), parameters)
    with sender.transaction():
        sender.execute(SNAPSHOT)
        fences.limit(sender, PART_SECONDS, IDLE_SECONDS)
        in_order(sender)
        if alone:
            rows, size = _row_by_row(sender, receiver, stream, table, chosen, parameters, pass_on)
        else:
            target, source = _statements(table, chosen)
            # Closed, so that a problem of the receiver ends the sender's COPY before its transaction.
            with closing(blocks(sender, source, parameters)) as found:
                rows, size = _pour(receiver, target, found, pass_on)
        _ahead(sender, receiver, stream)
    return rows, size


def _ahead(sender: Session, receiver: Session, stream: Stream) -> None:
    """After the snapshot was taken, and right before the commit, as others that copy wait for it: changes that the
    snapshot may have seen are applied so that coming twice changes nothing."""
    row = sender.execute(applied.INSERTED).fetchone()
    assert row is not None, "a SELECT without FROM has a row"
    receiver.execute(applied.RAISE, (row["position"], stream.name))


def _statements(table: Table, chosen: sql.Composable) -> tuple[sql.Composed, sql.Composed]:
    form = sql.SQL("(FORMAT binary)" if table.portable else "(FORMAT text)")
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.written)
    target = sql.SQL("COPY {} ({}) FROM STDIN {}").format(table.identifier, columns, form)
    source = sql.SQL("COPY (SELECT {} FROM {}{} WHERE {}) TO STDOUT {}")
    return target, source.format(columns, only(table), table.identifier, chosen, form)


def _pour(receiver: Session, target: sql.Composed, source: Iterable[bytearray], pass_on: PassOn) -> tuple[int, int]:
    size = 0
    with receiver.cursor() as cursor:
        with cursor.copy(target) as copy:
            for block in source:
                pass_on(len(block))
                copy.write(block)
                size += len(block)
        return cursor.rowcount, size


def _row_by_row(
    sender: Session,
    receiver: Session,
    stream: Stream,
    table: Table,
    chosen: sql.Composable,
    parameters: dict[str, Any],
    pass_on: PassOn,
) -> tuple[int, int]:
    rows = size = 0
    columns = sql.SQL(", ").join(applied.as_text(table))
    query = sql.SQL("SELECT {} FROM {}{} WHERE {}").format(columns, only(table), table.identifier, chosen)
    with sender.cursor(name="part") as cursor:
        cursor.execute(query, parameters)
        while several := cursor.fetchmany(AT_ONCE):
            weight = sum(len(value or "") for row in several for value in row.values())
            pass_on(weight)
            applied.write(receiver, stream, table, several)
            rows, size = rows + len(several), size + weight
    return rows, size
