"""A session that does nothing but end when its server does: whoever waits on it hears of that at once."""

import select
import time

import psycopg

CONNECT_SECONDS = 2
AGAIN_SECONDS = 1.0


class LeaderSession:
    def __init__(self) -> None:
        self._kept: psycopg.Connection[tuple[object, ...]] | None = None
        self._dsn = ""
        self._not_before = 0.0

    def open(self, dsn: str) -> bool:
        """Whether there is one to that server now."""
        if self._kept is not None and self._dsn == dsn:
            return True
        self.close()
        if time.monotonic() < self._not_before:
            return False
        try:
            self._kept, self._dsn = psycopg.connect(dsn, connect_timeout=CONNECT_SECONDS, autocommit=True), dsn
        except psycopg.Error:
            self._not_before = time.monotonic() + AGAIN_SECONDS
            return False
        return True

    def ended_within(self, seconds: float) -> bool:
        """Waits so long at most; True when the server ended it meanwhile."""
        if self._kept is None:
            time.sleep(seconds)
            return False
        ready, _, _ = select.select([self._kept.fileno()], [], [], seconds)
        if not ready:
            return False
        self.close()
        return True

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
