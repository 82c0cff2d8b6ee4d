"""Whether everybody on the sender sees what its slot has told. A slot tells a transaction as soon as its commit is in
the WAL; others see it once the synchronous standby has it too. Who reads a row in between sees the one before."""

import time

from shards.clients.postgres import Session
from shards.moves.streams import Stream

PATIENCE_SECONDS = 0.25
LOOK_SECONDS = 0.002
# Whoever writes for the tenant holds its gate's lock until others see what was written.
WRITERS = """
    SELECT virtualtransaction AS writer
    FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32 | objid::bigint) IN (novaops_schema.gate_key(%s), novaops_schema.bulk_key())
"""


def all_visible(sender: Session, stream: Stream) -> bool:
    """What was told before this call is seen by what `sender` reads after it. False when a transaction that has written
    for the tenant did not end in a moment: it may be one of those."""
    until, inside = time.monotonic() + PATIENCE_SECONDS, _writers(sender, stream)
    while inside and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        inside &= _writers(sender, stream)
    return not inside


def _writers(sender: Session, stream: Stream) -> set[str]:
    return {row["writer"] for row in sender.execute(WRITERS, (stream.tenant_id,))}
