"""The stream's slot on a shard: declared in Patroni's configuration, so that every member keeps it and it survives a
failover; how it begins, and what it may hold."""

import time
from typing import Any

from caching.stream.leader import Leader
from caching.stream.problems import StreamProblem
from shards.clients.postgres import Session
from shards.dataplane.published import PUBLICATION
from shards.decoding.replication import PLUGIN
from shards.decoding.slots import SlotState, state_of

# Patroni looks at its configuration once per loop, and makes the slot itself.
PATIENCE_LOOPS = 4
SKIP_SECONDS = 120.0
# A reader that stops in good order lets go of its slot at once.
LET_GO_SECONDS = 2.0

END = """
    SELECT pg_terminate_backend(pid, 3000)
    FROM pg_stat_replication
    WHERE pid = %(pid)s AND application_name = %(application)s
"""
LIMIT = """
    SELECT setting::bigint * 1024 * 1024 AS bytes
    FROM pg_settings
    WHERE name = 'max_slot_wal_keep_size' AND setting::bigint >= 0
"""


def declaration(database: str) -> dict[str, str]:
    return {"type": "logical", "database": database, "plugin": PLUGIN}


def declare(leader: Leader, slot: str) -> bool:
    """Puts the slot into Patroni's dynamic configuration; False when it stands there already."""
    if slot in leader.config.permanent_slots:
        return False
    leader.patroni.configure({"slots": {slot: declaration(leader.postgres.database)}})
    return True


def wait_for(session: Session, leader: Leader, slot: str) -> SlotState:
    """Until Patroni has made it. StreamProblem when it does not, or has made another sort of slot."""
    deadline = time.monotonic() + PATIENCE_LOOPS * leader.config.loop_wait
    while (found := state_of(session, slot)) is None:
        if time.monotonic() > deadline:
            raise StreamProblem(f"Patroni has not made the slot {slot} on {leader.postgres.name}.")
        time.sleep(0.2)
    if (found.plugin, found.database) != (PLUGIN, leader.postgres.database):
        raise StreamProblem(
            f"The slot {slot} on {leader.postgres.name} is one of {found.plugin} in {found.database}: drop it."
        )
    return found


def take_over(session: Session, slot: str, application: str) -> SlotState:
    """Only for whoever may read it now: a predecessor that has not let go after a moment, as its host died or hangs, is
    ended. PostgreSQL itself would wait for wal_sender_timeout. StreamProblem when another sort of client reads it."""
    deadline = time.monotonic() + LET_GO_SECONDS
    while (found := state_of(session, slot)) is not None and found.active:
        if time.monotonic() > deadline:
            ended = session.execute(END, {"pid": found.active_pid, "application": application}).fetchone()
            if ended is None:
                raise StreamProblem(f"Process {found.active_pid} of PostgreSQL reads the slot {slot}: end it.")
        time.sleep(0.1)
    if found is None:
        raise StreamProblem(f"The slot {slot} is gone.")
    return found


def skip_to_now(session: Session, slot: str) -> SlotState | None:
    """Leaves out all that was written so far, which nobody needs to be told of when everything is old; and which may
    be from before the publication was made, and then could not be read at all."""
    session.deadline = time.monotonic() + SKIP_SECONDS
    session.execute("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", (slot,))
    return state_of(session, slot)


def published(session: Session) -> bool:
    row = session.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", (PUBLICATION,)).fetchone()
    return row is not None


def bound(session: Session, wanted: int) -> int:
    """How much WAL the slot may hold: what the fleet's setting says, and less than what PostgreSQL itself allows, so
    that the slot is given up in good order before it is taken away."""
    row: dict[str, Any] | None = session.execute(LIMIT).fetchone()
    return min(wanted, int(row["bytes"]) * 9 // 10) if row else wanted
