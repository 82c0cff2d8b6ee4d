"""A stream between the two real shards, from its publication and slot to an applier; gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from novaops.operations.contract import StepContext
from shards.fences import mark, writing
from shards.moves import slots
from shards.moves.applying.applier import Applier
from shards.moves.catalog import tables_of
from shards.moves.sessions import sending
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.partitions.leader import find
from tests import on_shard
from tests.moves import two_shards

Leader = psycopg.Connection[Any]


@dataclass
class Flow:
    """`sender` and `receiver` are sessions beside the move, as applications and people have them."""

    stream: Stream
    context: StepContext
    sender: Leader
    receiver: Leader
    tables: tuple[Table, ...] = ()

    def begin(self) -> None:
        """Publication and slot, or again what is there."""
        with sending(self.stream, 60) as session, writing(session, self.context):
            slots.publish(session, self.stream, self.tables)
        slots.make_slot(self.stream, self.context)

    def applier(self, **more: Any) -> Applier:
        return Applier(self.stream, self.context, self.tables, **more)

    def now(self) -> int:
        """A position after all that was committed on the sender."""
        self.sender.execute("SELECT pg_logical_emit_message(true, 'novaops test', '')")
        row = self.sender.execute("SELECT (pg_current_wal_lsn() - '0/0')::bigint").fetchone()
        assert row is not None
        return int(row[0])

    def lenient_until(self, position: int) -> None:
        self.receiver.execute(
            "UPDATE novaops_schema.arrivals SET strict_from = '0/0'::pg_lsn + %s WHERE stream = %s",
            (position, self.stream.name),
        )

    def different(self) -> dict[str, tuple[set[str], set[str]]]:
        """By table the rows, as text, that only the sender has, and those that only the receiver has."""
        found = {}
        for table in self.tables:
            here, there = (self.rows(session, table) for session in (self.sender, self.receiver))
            if here != there:
                found[table.full_name] = (here - there, there - here)
        return found

    def rows(self, session: Leader, table: Table) -> set[str]:
        query = sql.SQL("SELECT one::text FROM {} AS one WHERE {}").format(table.identifier, table.mine)
        session.execute("SET timezone = 'UTC'")
        return {row[0] for row in session.execute(query, {"tenant": self.stream.tenant_id})}


@contextmanager
def flowing(stream: Stream, ddl: str = "") -> Iterator[Flow]:
    """Inside a fleet. `ddl` is run on both sides, in the tenant's schema. The slot is not made yet."""
    context = on_shard.context(stream.receiver, operation=stream.made_by.operation)
    own = replace(stream, made_by=mark(context))
    _clear(own)
    flow = Flow(own, context, beside(own.sender), beside(own.receiver))
    try:
        for session in (flow.sender, flow.receiver):
            if own.schema_name:
                session.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(own.schema_name)))
                session.execute("SELECT set_config('search_path', %s, false)", (own.schema_name,))
            session.execute(ddl.encode())
            session.execute("RESET search_path")
        with sending(own, 60) as session:
            flow.tables = tuple(table for table in tables_of(session, own) if not table.unusable)
        yield flow
    finally:
        flow.sender.close()
        flow.receiver.close()
        slots.drop(own, on_shard.context(own.receiver, token=99, operation=own.made_by.operation))
        _clear(own)


def beside(shard: str) -> Leader:
    """A session on the leader, as long as that is the leader."""
    found = find(shard)
    return psycopg.connect(
        host=found.host,
        port=found.port,
        dbname=found.database,
        user=found.login.username,
        password=found.login.password,
        autocommit=True,
        connect_timeout=5,
    )


def _clear(stream: Stream) -> None:
    for shard in (stream.sender, stream.receiver):
        with on_shard.session(shard) as session:
            two_shards.clear(session, stream)
