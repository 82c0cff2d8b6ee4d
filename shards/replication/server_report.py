"""One visit to a PostgreSQL server: everything that its page shows, in one statement."""

import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from novaops.inventory.targets import Target
from shards.clients.postgres import Session, sessions
from shards.replication.facts import PostgresFacts, PostgresSettingsFacts

SQL = Path(__file__).parent / "sql"
SERVER = (SQL / "server.sql").read_text().encode()
SETTINGS = (SQL / "settings.sql").read_text().encode()
REPLAYED = b"SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint AS replayed"
# How long a standby gets to replay what it had received, before it counts as behind.
GRACE_SECONDS, GRACE_ASKS = 0.1, 3


class Fresh:
    """When which position had been received: bounds how old a standby's data is. After an idle time PostgreSQL's own
    measure (the age of the last replayed commit) says minutes, although the standby is a moment behind."""

    def __init__(self) -> None:
        self._seen: defaultdict[str, deque[tuple[float, int]]] = defaultdict(lambda: deque(maxlen=60))

    def bound(self, address: str, received: int, replayed: int, now: float) -> float | None:
        """At most so many seconds behind; None when nothing earlier is known."""
        seen = self._seen[address]
        ages = [now - at for at, position in seen if position <= replayed]
        seen.append((now, received))
        return min(ages, default=None)


_fresh = Fresh()


def server_report(target: Target, timeout: float) -> PostgresFacts:
    """`NoAnswer` or `Refused` when the server cannot say. A role outside pg_monitor sees less (`may_see`)."""
    with sessions.open(target, timeout) as session:
        row: dict[str, Any] = session.execute(SERVER).fetchone() or {}
        lag = _lag(session, target.address, row)
    return PostgresFacts.model_validate(row | {"replay_lag_seconds": lag})


def settings_report(target: Target, timeout: float) -> PostgresSettingsFacts:
    with sessions.open(target, timeout) as session:
        return PostgresSettingsFacts.model_validate({"settings": session.execute(SETTINGS).fetchall()})


def _lag(session: Session, address: str, row: dict[str, Any]) -> float | None:
    said, received, replayed = row["replay_lag_seconds"], row["received"], row["replayed"]
    if said is None or received is None or replayed is None:
        return None
    bound = _fresh.bound(address, received, replayed, time.monotonic())
    if not said or _caught_up(session, received):
        return 0.0
    return float(said) if bound is None else min(float(said), bound)


def _caught_up(session: Session, received: int) -> bool:
    for _ in range(GRACE_ASKS):
        time.sleep(GRACE_SECONDS)
        row = session.execute(REPLAYED).fetchone()
        if row and row["replayed"] is not None and row["replayed"] >= received:
            return True
    return False
