"""A stream's publication and slot on the shard that sends, and its row in `arrivals` on the one that receives.

Patroni is told to leave the slot alone, not to copy it to other members: a failover of the sender ends its history, and
the copy with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem
from shards.clients.postgres import Session
from shards.decoding.replication import PLUGIN
from shards.decoding.slots import SlotState, give_up, state_of
from shards.fences import writing
from shards.moves import patroni_slots, pieces
from shards.moves.applying import unseen
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream
from shards.moves.tables import TENANT, Table

SESSION_SECONDS = 60.0
# A slot begins when the transactions that ran have ended.
MAKE_SECONDS = 45
PUBLISHED = "SELECT schemaname AS schema, tablename AS name FROM pg_publication_tables WHERE pubname = %s"
WITHOUT_IDENTITY = """
    SELECT relation.oid::regclass::text AS name
    FROM pg_class AS relation
    WHERE (oid = %(table)s::regclass OR oid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass))
            OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass))
        AND relkind = 'r' AND relreplident = 'n'
"""
# The timeline of pg_control_checkpoint() is that of before a promotion for a while.
HISTORY = """
    SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
        ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline
"""
MAKE = "SELECT (lsn - '0/0')::bigint AS begun FROM pg_create_logical_replication_slot(%s, %s)"
ARRIVAL = """
    SELECT timeline, system_identifier, (applied - '0/0')::bigint AS applied,
        (strict_from - '0/0')::bigint AS strict_from
    FROM novaops_schema.arrivals
    WHERE stream = %s
"""
ARRIVE = """
    INSERT INTO novaops_schema.arrivals (stream, tenant_id, applied, strict_from, timeline, system_identifier)
    VALUES (%s, %s, '0/0'::pg_lsn + %s, '0/0'::pg_lsn + %s, %s, %s)
"""


class Broken(TransientProblem):
    """The stream cannot go on: changes may be missing. The copy has to begin anew, which the step's next try does."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The row in `arrivals`: the sender's history in which the slot was made, and how far its changes are here."""

    timeline: int
    system_identifier: str
    applied: int
    strict_from: int


def publish(sender: Session, stream: Stream, tables: Sequence[Table]) -> None:
    """Inside a transaction of `fences.writing`, before the slot is made. Doing it again changes nothing. Refuses tables
    whose rows an application could not change any more while they are published."""
    if not tables:
        raise PermanentProblem(f"{stream.tenant_id} has no tables that could be moved.")
    for table in tables:
        _check(sender, table)
    name = sql.Identifier(stream.name)
    several = sql.SQL(", ").join(_published(stream, table) for table in tables)
    there = {(row["schema"], row["name"]) for row in sender.execute(PUBLISHED, (stream.name,))}
    there -= pieces.there(sender, tables)
    if not there:
        sender.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(name))
        made = sql.SQL("CREATE PUBLICATION {} FOR {} WITH (publish_via_partition_root = true)")
        sender.execute(made.format(name, several))
    elif there != {(table.schema, table.name) for table in tables}:
        sender.execute(sql.SQL("ALTER PUBLICATION {} SET {}").format(name, several))
    sender.execute(sql.SQL("COMMENT ON PUBLICATION {} IS {}").format(name, sql.Literal(str(stream.made_by))))


def _check(sender: Session, table: Table) -> None:
    """With a filter on what is not in the replica identity, PostgreSQL refuses UPDATE and DELETE of the whole table."""
    if not table.key or (table.shared and TENANT not in table.key):
        raise PermanentProblem(f"{table.full_name} needs a primary key or replica identity that holds {TENANT}.")
    without = sender.execute(WITHOUT_IDENTITY, {"table": table.identifier.as_string(sender)}).fetchone()
    if without is not None:
        raise PermanentProblem(f"{without['name']} has no replica identity: its rows could not be changed meanwhile.")


def _published(stream: Stream, table: Table) -> sql.Composable:
    if not table.shared:
        return sql.SQL("TABLE {}").format(table.identifier)
    return sql.SQL("TABLE {} WHERE (tenant_id = {})").format(table.identifier, sql.Literal(stream.tenant_id))


def establish(sender: Session, stream: Stream, tables: Sequence[Table], context: StepContext) -> SlotState:
    """`publish` and `make_slot`, in the order in which they depend on each other."""
    with writing(sender, context):
        publish(sender, stream, tables)
    return make_slot(stream, context)


def make_slot(stream: Stream, context: StepContext) -> SlotState:
    """The stream's slot, whose first change is that after `arrivals.applied`; made if it is not there, after `publish`.
    Broken where it was there and its history has ended: `drop` it, and begin the copy anew."""
    patroni_slots.leave_alone(stream, context)
    with sending(stream, SESSION_SECONDS) as sender, receiving(stream, SESSION_SECONDS) as receiver:
        with writing(receiver, context):
            known = arrival_of(receiver, stream)
        if known is None:
            _begin(stream, context, sender, receiver)
        elif why := history_broken(sender, receiver, stream):
            raise Broken(why)
        found = state_of(sender, stream.name)
        if found is None:
            raise TransientProblem(f"The slot {stream.name} on {stream.sender} has gone the moment it was made.")
        return found


def _begin(stream: Stream, context: StepContext, sender: Session, receiver: Session) -> None:
    """Without its row nobody has read from the slot: one that is there was made by a worker that died then."""
    with writing(sender, context):
        give_up(sender, stream.name)
    history = sender.execute(HISTORY).fetchone()
    published = pieces.published(sender, stream)
    begun = _make(stream, sender)
    # What was committed before the slot began is in no snapshot yet where it waits for a synchronous standby.
    unseen.wait_for(sender, unseen.running(sender))
    assert history is not None, "a SELECT without FROM has a row"
    with writing(receiver, context):
        values = (begun, begun, history["timeline"], history["system_identifier"])
        receiver.execute(ARRIVE, (stream.name, stream.tenant_id, *values))
        for piece in published:
            pieces.note(receiver, stream, piece, pieces.State.HERE)


def _make(stream: Stream, sender: Session) -> int:
    sender.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(f"{MAKE_SECONDS}s")))
    try:
        row = sender.execute(MAKE, (stream.name, PLUGIN)).fetchone()
    except psycopg.errors.QueryCanceled as problem:
        raise TransientProblem(
            f"The slot {stream.name} on {stream.sender} waits for transactions that have run for longer than"
            f" {MAKE_SECONDS} s: end them."
        ) from problem
    sender.execute("RESET statement_timeout")
    assert row is not None, "it returns the slot, or fails"
    return int(row["begun"])


def state(sender: Session, stream: Stream) -> SlotState | None:
    """None where there is no slot."""
    return state_of(sender, stream.name)


def arrival_of(receiver: Session, stream: Stream) -> Arrival | None:
    row = receiver.execute(ARRIVAL, (stream.name,)).fetchone()
    return Arrival(**row) if row else None


def history_broken(sender: Session, receiver: Session, stream: Stream) -> str:
    """Why the stream cannot go on: a sentence; empty when it can. Changes follow each other without a gap only in one
    history of one server, from the slot that was made in it."""
    known, slot = arrival_of(receiver, stream), state_of(sender, stream.name)
    now = sender.execute(HISTORY).fetchone()
    assert now is not None, "a SELECT without FROM has a row"
    if known is None:
        return f"{stream.receiver} does not know how far the stream {stream.name} came."
    if known.system_identifier != now["system_identifier"]:
        return f"The leader of {stream.sender} is of another cluster than the one that the stream began on."
    if known.timeline != now["timeline"]:
        return f"{stream.sender} failed over, from timeline {known.timeline} to {now['timeline']}, which ends it."
    if slot is None:
        return f"The slot {stream.name} on {stream.sender} is gone, and with it the stream's changes."
    if slot.lost:
        return f"{stream.sender} has removed WAL that the slot {stream.name} still needed."
    return ""


def drop(stream: Stream, context: StepContext) -> None:
    """All of the stream, whoever reads from it; doing it again changes nothing. The slot first: it holds WAL."""
    with sending(stream, SESSION_SECONDS) as sender, writing(sender, context):
        give_up(sender, stream.name)
        sender.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(stream.name)))
    with receiving(stream, SESSION_SECONDS) as receiver, writing(receiver, context):
        # In a session that writes as a replica no foreign key takes them along.
        for kept in ("arrival_touched", "arrival_chunks", "arrival_pieces", "arrivals"):
            forget = sql.SQL("DELETE FROM {} WHERE stream = %s").format(sql.Identifier("novaops_schema", kept))
            receiver.execute(forget, (stream.name,))
    patroni_slots.forget(stream, context)
