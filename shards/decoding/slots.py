"""A replication slot as its server tells of it, and how it is given up."""

from dataclasses import dataclass

from shards.clients.postgres import Session

SEEN = """
    SELECT active, active_pid, coalesce(wal_status, '') AS wal_status, plugin, database,
        (confirmed_flush_lsn - '0/0')::bigint AS confirmed,
        greatest(0, pg_current_wal_lsn() - restart_lsn)::bigint AS held_bytes,
        greatest(0, pg_current_wal_lsn() - confirmed_flush_lsn)::bigint AS behind_bytes
    FROM pg_replication_slots
    WHERE slot_name = %s
"""


@dataclass(frozen=True, slots=True)
class SlotState:
    """`held_bytes` of WAL are kept for it, `behind_bytes` were written since what it confirmed."""

    active: bool
    active_pid: int | None
    wal_status: str
    plugin: str
    database: str
    confirmed: int
    held_bytes: int
    behind_bytes: int

    @property
    def lost(self) -> bool:
        return self.wal_status == "lost"


def state_of(session: Session, slot: str) -> SlotState | None:
    """None where there is no such slot."""
    row = session.execute(SEEN, (slot,)).fetchone()
    if row is None:
        return None
    numbers = {name: int(row[name] or 0) for name in ("confirmed", "held_bytes", "behind_bytes")}
    return SlotState(**{**row, **numbers})


def end_reader(session: Session, slot: SlotState) -> None:
    """Whoever reads from it, if anybody does, has let go of it then; waits for that for some seconds at most."""
    if slot.active_pid not in (None, session.info.backend_pid):
        session.execute("SELECT pg_terminate_backend(%s, 5000)", (slot.active_pid,))


def give_up(session: Session, slot: str) -> bool:
    """Drops it whoever reads from it; False where there is none."""
    found = state_of(session, slot)
    if found is None:
        return False
    end_reader(session, found)
    session.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
    return True
