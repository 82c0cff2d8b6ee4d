"""The two gates in a cutover: the new one lets in whoever bears the next epoch, of which nobody knows; then the old one
closes and tells it, and that decides. What stands between the two is done by whoever finds it."""

from psycopg import sql

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves import gates
from shards.moves.gates import Gate, State
from shards.moves.streams import Direction, Stream

# One round trip, inside the pause. The position is later than all that the stream wrote, and earlier than all that the
# tenant will write: where the stream back begins.
OPEN = """
    WITH opened AS (
        UPDATE public.tenants SET gate = 'arriving', moved_to = NULL, epoch = {epoch}
        WHERE tenant_id = {tenant} AND gate <> 'open'
        RETURNING tenant_id
    )
    SELECT tenant_id, (pg_current_wal_insert_lsn() - '0/0')::bigint AS position FROM opened
"""
BACK_FROM = """
    UPDATE novaops_schema.arrivals
    SET applied = '0/0'::pg_lsn + %(at)s, strict_from = '0/0'::pg_lsn + %(at)s, at = now()
    WHERE stream = %(stream)s
"""


def open_new(receiver: Session, context: StepContext, stream: Stream, epoch: int, console: str) -> int:
    """Lets in whoever bears the epoch, and says from which position of the receiver's WAL the tenant will write."""
    with receiver.transaction():
        fences.share(receiver, context, console)
        row = receiver.execute(_with(OPEN, tenant=stream.tenant_id, epoch=epoch)).fetchone()
    if row is None:
        raise PermanentProblem(
            f"{stream.receiver} does not expect {stream.tenant_id}: it has no row of the tenant, or it is open there."
        )
    return int(row["position"])


def close_old(sender: Session, stream: Stream, epoch: int, position: int) -> None:
    """In the transaction that holds the tenant's lock alone: its commit decides."""
    sender.execute(BACK_FROM, {"at": position, "stream": stream.reversed.name})
    if sender.execute(gates.CLOSE, (stream.receiver, epoch, stream.tenant_id)).rowcount != 1:
        raise PermanentProblem(f"{stream.tenant_id} is not open on {stream.sender}: nothing there could be closed.")


def decided(sender: Session, context: StepContext, stream: Stream, epoch: int) -> bool:
    """Whether the tenant has gone. Whoever was replaced can decide no more: the fence waits for its transaction."""
    with fences.writing(sender, context):
        gate = gates.gate_of(sender, stream.tenant_id)
    return gate is not None and gate.away_at(stream.receiver, epoch)


def take_back_opening(receiver: Session, context: StepContext, stream: Stream, epoch: int) -> bool:
    """Nobody has come through it, as nobody was told its epoch. To be asked when `decided` has said no."""
    out = (State.ARRIVING, None, 0)
    before = out if stream.direction is Direction.OUT else (State.AWAY, stream.sender, epoch - 1)
    with fences.writing(receiver, context):
        return receiver.execute(gates.AS_BEFORE, (*before, stream.tenant_id, epoch)).rowcount == 1


def open_to_all(receiver: Session, context: StepContext, stream: Stream, epoch: int) -> None:
    """After it was decided: sessions without an epoch may come too. Doing it again changes nothing."""
    with fences.writing(receiver, context):
        receiver.execute(gates.OPEN, (stream.tenant_id, epoch))


def insist_on(gate: Gate | None, stream: Stream, epoch: int) -> None:
    """The tenant is open on the sender, at this epoch."""
    if gate != Gate(State.OPEN, epoch):
        found = f"{gate.state} at epoch {gate.epoch}" if gate else "not known there"
        raise PermanentProblem(
            f"{stream.tenant_id} should be open on {stream.sender} at epoch {epoch}, and is {found}."
        )


def _with(statement: str, **values: object) -> sql.Composed:
    return sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in values.items()})
