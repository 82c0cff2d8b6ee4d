"""A schema of a test's own on both shards, its tenant, and the stream that would carry it over; all gone afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg import sql

from shards.marks import Mark
from shards.moves.streams import Stream
from tests import on_shard

SENDER, RECEIVER = "shard-1", "shard-2"
GONE = (
    # As a replica writes, no foreign key takes them along.
    "DELETE FROM novaops_schema.arrival_touched WHERE stream = %(stream)s",
    "DELETE FROM novaops_schema.arrival_chunks WHERE stream = %(stream)s",
    "DELETE FROM novaops_schema.arrivals WHERE stream = %(stream)s",
    "DELETE FROM novaops_schema.partition_plan WHERE table_schema = %(schema)s",
    "DELETE FROM public.tenants WHERE tenant_id = %(tenant)s",
)


@contextmanager
def on_both(stream: Stream) -> Iterator[tuple[psycopg.Connection[Any], psycopg.Connection[Any]]]:
    """Sessions on the two leaders; the tenant, its schema and the stream's bookkeeping are gone before and after."""
    with ExitStack() as stack:
        sessions = [stack.enter_context(on_shard.session(shard)) for shard in (stream.sender, stream.receiver)]
        for session in sessions:
            clear(session, stream)
            stack.callback(clear, session, stream)
        yield sessions[0], sessions[1]


def own_schema(name: str, operation: int) -> Stream:
    return Stream(name, name, SENDER, RECEIVER, Mark(operation, "0123456789ab"))


def in_shared_tables(name: str, operation: int) -> Stream:
    return Stream(name, "", SENDER, RECEIVER, Mark(operation, "0123456789ab"))


def enrol(session: psycopg.Connection[Any], stream: Stream) -> None:
    session.execute(
        "INSERT INTO public.tenants (tenant_id, name, isolation, schema_name) VALUES (%s, %s, %s, %s)",
        (
            stream.tenant_id,
            stream.tenant_id,
            "schema" if stream.schema_name else "rows",
            stream.schema_name or None,
        ),
    )


def arrive(session: psycopg.Connection[Any], stream: Stream) -> None:
    """The shard that receives knows of the tenant, and the stream's bookkeeping is there."""
    enrol(session, stream)
    session.execute("UPDATE public.tenants SET gate = 'arriving' WHERE tenant_id = %s", (stream.tenant_id,))
    expect(session, stream)


def expect(session: psycopg.Connection[Any], stream: Stream) -> None:
    """The bookkeeping of the stream on the shard that receives, as it is before the copy."""
    session.execute(
        "INSERT INTO novaops_schema.arrivals (stream, tenant_id) VALUES (%s, %s)", (stream.name, stream.tenant_id)
    )


def clear(session: psycopg.Connection[Any], stream: Stream) -> None:
    named = {"stream": stream.name, "schema": stream.schema_name, "tenant": stream.tenant_id}
    if stream.schema_name:
        session.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(stream.schema_name)))
    session.execute("SET session_replication_role = replica")
    if not stream.schema_name:
        for table in ("vm_metrics", "vm_audit", "vms_cold", "vms_hot", "vms", "users"):
            session.execute(
                sql.SQL("DELETE FROM public.{} WHERE tenant_id = %(tenant)s").format(sql.Identifier(table)), named
            )
    for statement in GONE:
        session.execute(statement.encode(), named)
    session.execute("RESET session_replication_role")
