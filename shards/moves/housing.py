"""Where the tenant's rows will lie on the shard that receives: its own schema, or the partitions of shared tables."""

import re

from psycopg import sql
from psycopg.types.json import Jsonb

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.marks import mark_of
from shards.moves import blueprint, gates, hypertables, partitions
from shards.moves.copying import indexes
from shards.moves.sessions import leaders_of, receiving
from shards.moves.streams import Direction, Stream

BUILD_SECONDS = 120
DROP_SECONDS = 300
MARK = re.compile(r" ?\(NovaOps operation [^)]*\)")
SCHEMA = """
    SELECT coalesce(obj_description(oid, 'pg_namespace'), '') AS comment FROM pg_namespace WHERE nspname = %s
"""
PLANS = "SELECT to_jsonb(plan) AS row FROM novaops_schema.partition_plan AS plan WHERE table_schema = %s"
PLAN = """
    INSERT INTO novaops_schema.partition_plan
    SELECT * FROM jsonb_populate_record(NULL::novaops_schema.partition_plan, %s) ON CONFLICT DO NOTHING
"""
UNPLAN = "DELETE FROM novaops_schema.partition_plan WHERE table_schema = %s"
OPEN = f"SELECT FROM public.tenants WHERE tenant_id = %s AND NOT {gates.CLOSED} FOR SHARE"


def build(context: StepContext, stream: Stream, sender: Session, receiver: Session) -> None:
    """Makes what is missing there. Doing it again changes nothing. PermanentProblem when a schema of that name is there
    that this move has not made."""
    if not stream.schema_name:
        partitions.follow(context, sender, receiver, stream)
        return
    comment = _comment(receiver, stream)
    if comment is None:
        _make(context, stream, sender)
    elif stream.direction is Direction.OUT and mark_of("", comment) != stream.made_by:
        raise PermanentProblem(
            f"{stream.receiver} has a schema {stream.schema_name} already, which this move has not made: look what is"
            " in it, and drop it."
        )


def take_away(context: StepContext, stream: Stream, receiver: Session) -> None:
    """Takes away what `build` made on this shard, with all rows in it, and after the cutover what the tenant had on its
    old one; partitions that hold rows of others stay. PermanentProblem when the tenant is open there."""
    if not stream.schema_name:
        partitions.take_back(context, receiver, stream)
        return
    comment = _comment(receiver, stream)
    if comment is None or (stream.direction is Direction.OUT and mark_of("", comment) != stream.made_by):
        return
    with fences.writing(receiver, context, DROP_SECONDS):
        if receiver.execute(OPEN, (stream.tenant_id,)).fetchone() is not None:
            raise PermanentProblem(f"{stream.tenant_id} is open on {stream.receiver}: its schema is not dropped.")
        # TimescaleDB forgets its hypertables by event triggers, which do not fire for a replica.
        receiver.execute("SET LOCAL session_replication_role = origin")
        receiver.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(stream.schema_name)))
        receiver.execute(UNPLAN, (stream.schema_name,))


def _comment(session: Session, stream: Stream) -> str | None:
    """None where there is no such schema."""
    row = session.execute(SCHEMA, (stream.schema_name,)).fetchone()
    return row["comment"] if row else None


def _make(context: StepContext, stream: Stream, sender: Session) -> None:
    """In one transaction, so that the schema is there wholly, with its mark, or not at all."""
    leaders = leaders_of(stream)
    script = blueprint.of_schema(context, leaders.sender, stream.schema_name)
    plans = sender.execute(PLANS, (stream.schema_name,)).fetchall()
    comment = MARK.sub("", _comment(sender, stream) or "")
    # A session of its own: the script changes settings.
    with receiving(stream, BUILD_SECONDS, leaders) as session, fences.writing(session, context, BUILD_SECONDS):
        session.execute(script.encode())
        hypertables.make(session, stream.schema_name, hypertables.hypertables_of(sender, stream.schema_name))
        indexes.lay_aside(session, stream)
        session.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
                sql.Identifier(stream.schema_name), sql.Literal(f"{comment} ({stream.made_by})".strip())
            )
        )
        for plan in plans:
            session.execute(PLAN, (Jsonb(plan["row"]),))
