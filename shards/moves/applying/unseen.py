"""A slot tells of a transaction as soon as its commit is in the WAL. Snapshots see it later: where there is a
synchronous standby, only when that has it too. Until then, whoever reads rows reads them as they were."""

import time
from collections.abc import Collection

from novaops.operations.contract import TransientProblem
from shards.clients.postgres import Session
from shards.moves.applying.problems import told_by

RUNNING = """
    SELECT pg_snapshot_xmax(now)::text::bigint AS next, ARRAY(SELECT pg_snapshot_xip(now)::text::bigint) AS running
    FROM pg_current_snapshot() AS now
"""
SECONDS = 30.0
PAUSE_SECONDS = 0.002
MOST = 10_000
XIDS = 2**32


class Unseen:
    """The transactions of one server that a slot has told, until snapshots see them."""

    def __init__(self, session: Session, server: str) -> None:
        self._session, self._server = session, server
        self._xids: set[int] = set()

    def told(self, xid: int) -> None:
        """With 32 bits, as pgoutput has it."""
        self._xids.add(xid)
        if len(self._xids) > MOST:
            self.wait()

    def wait(self) -> None:
        """Until any snapshot that is taken afterwards sees them all."""
        if self._xids:
            self._session.deadline = time.monotonic() + 2 * SECONDS
            with told_by(f"The leader of {self._server}"):
                wait_for(self._session, self._xids)
            self._xids = set()


def running(session: Session) -> frozenset[int]:
    """Transactions that the next snapshot would not see, with 32 bits."""
    return _running(session)[1]


def wait_for(session: Session, xids: Collection[int]) -> None:
    """Until snapshots see them, or they were rolled back. TransientProblem when they do not end."""
    deadline, left = time.monotonic() + SECONDS, set(xids)
    while left:
        following, now = _running(session)
        left = {xid for xid in left if xid in now or _comes_after(xid, following)}
        if left and time.monotonic() > deadline:
            raise TransientProblem(
                f"{len(left)} transactions have not ended for {SECONDS:.0f} s, or wait for a synchronous standby that"
                " does not answer."
            )
        if left:
            time.sleep(PAUSE_SECONDS)


def _running(session: Session) -> tuple[int, frozenset[int]]:
    row = session.execute(RUNNING).fetchone()
    assert row is not None, "a SELECT without FROM has a row"
    return int(row["next"]) % XIDS, frozenset(int(xid) % XIDS for xid in row["running"])


def _comes_after(xid: int, following: int) -> bool:
    """In the circle of 32 bits."""
    return (xid - following) % XIDS < XIDS // 2
