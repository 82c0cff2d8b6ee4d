"""Who writes a stream's rows on the receiver: the applier, or those that copy parts of tables, in turns.

A part is as its snapshot had it until it is committed. Were changes from after that snapshot applied meanwhile, then a
row that they delete would come with the part all the same, and stay. So whoever copies takes his turn first thing in
the transaction that writes the part, before the snapshot, and gives it back with the commit; several may have it at
once. The applier has it alone, for one transaction at a time."""

from shards.clients.postgres import Session
from shards.moves.streams import Stream

KEY = "hashtextextended('novaops turn of ' || %s, 0)"
SHARED = f"SELECT pg_advisory_xact_lock_shared({KEY})".encode()
ALONE = f"SELECT pg_advisory_xact_lock({KEY})".encode()
RAISE = """
    UPDATE novaops_schema.arrivals
    SET strict_from = greatest(strict_from, '0/0'::pg_lsn + %s)
    WHERE stream = %s
"""
INSERTED = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS position"


def copying(receiver: Session, stream: Stream) -> None:
    """Inside the transaction that writes a part, before the snapshot that it is read with."""
    receiver.execute(SHARED, (stream.name,))


def ahead(sender: Session, receiver: Session, stream: Stream) -> None:
    """After the snapshot was taken, in the transaction that writes its rows, right before the commit (others that copy
    wait for it): changes that the snapshot may have seen are applied so that coming twice changes nothing."""
    row = sender.execute(INSERTED).fetchone()
    assert row is not None, "a SELECT without FROM has a row"
    raise_strict_from(receiver, stream, int(row["position"]))


def raise_strict_from(receiver: Session, stream: Stream, position: int) -> None:
    receiver.execute(RAISE, (position, stream.name))
