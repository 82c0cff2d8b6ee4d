"""When a change can be seen by those who read: on the leader, and on the replicas.

Logical decoding may tell of a transaction before others see it (its commit still waits for a synchronous standby), and
replicas replay it later. Who makes caches forget too early lets them be filled with what was before."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shards.clients.postgres import Session

WRAP = 1 << 32
POLL_SECONDS = 0.002
POLL_MOST_SECONDS = 0.05
# So long a notice waits for replicas; then it goes out, and once more when they have replayed.
REPLICAS_SECONDS = 0.1

LOOK = """
    SELECT pg_current_snapshot()::text AS snapshot,
        count(r.pid) FILTER (WHERE r.state IN ('streaming', 'catchup')) AS replicas,
        coalesce(min(coalesce(r.replay_lsn, '0/0') - '0/0'), 0)::bigint AS replayed
    FROM (
        SELECT pid, state, replay_lsn
        FROM pg_stat_replication
        WHERE state IN ('streaming', 'catchup') AND pid NOT IN (
            SELECT active_pid FROM pg_replication_slots WHERE slot_type = 'logical' AND active_pid IS NOT NULL
        )
    ) AS r
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """`running` are transactions that nobody sees yet; `replayed` is what the last of the replicas has replayed."""

    first_running: int
    next: int
    running: frozenset[int]
    replicas: int
    replayed: int

    def sees(self, xid: int) -> bool:
        """Whether what this transaction wrote can be seen; `xid` has 32 bits."""
        whole = self._whole(xid)
        return whole < self.first_running or (whole < self.next and whole not in self.running)

    def all_have(self, lsn: int, replicas: int) -> bool:
        """Whether so many replicas there are, and have replayed up to the position."""
        return self.replicas >= replicas and (replicas == 0 or self.replayed >= lsn)

    def _whole(self, xid: int) -> int:
        """The number of 64 bits next to the present."""
        whole = self.next - self.next % WRAP + xid
        return whole - WRAP if whole > self.next + WRAP // 2 else whole


def look(session: Session) -> Seen:
    row = session.execute(LOOK).fetchone()
    assert row is not None, "an aggregate always answers"
    first, following, running = str(row["snapshot"]).split(":")
    several = frozenset(int(one) for one in running.split(",") if one)
    return Seen(int(first), int(following), several, int(row["replicas"]), int(row["replayed"]))


def wait_until_seen(session: Session, xids: Iterable[int], lsn: int, alive: Callable[[str], None]) -> Seen:
    """Returns as soon as the leader shows all of these transactions; waits a moment for the replicas too. `alive` is
    called again and again meanwhile."""
    wanted, pause, began = tuple(xids), POLL_SECONDS, time.monotonic()
    while True:
        found = look(session)
        shown = all(map(found.sees, wanted))
        late = time.monotonic() - began > REPLICAS_SECONDS
        if shown and (late or found.all_have(lsn, found.replicas)):
            return found
        alive("")
        time.sleep(pause)
        pause = min(pause * 1.5, POLL_MOST_SECONDS)
