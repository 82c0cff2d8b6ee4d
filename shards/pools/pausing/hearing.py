"""Hearing of a pause the moment that it is written down, so that an idle guard need not ask for it all the time.

A notification may be lost: behind a pooled connection LISTEN does nothing, a connection may be dead and not know it,
the control database may fail over. So a guard sends one to itself with every beat, and only while it hears those it
believes that it would hear of a pause; and it asks with every beat in any case."""

import logging
import threading
import time
from dataclasses import dataclass, field

import psycopg
from django.db import connection
from psycopg import sql

from novaops.live.listening import parameters

logger = logging.getLogger(__name__)
CHANNEL = "novaops_pool_pauses"
AGAIN_SECONDS = 1.0
LOOK_SECONDS = 0.2
# Its own beats come every two seconds; a connection on which none came for so long is replaced.
DEAF_SECONDS = 10.0


def tell(what: str = "") -> None:
    """Wakes the guards, once the transaction is committed. `what` is a guard's name where it tells itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, what])


@dataclass
class Hearing:
    """A connection of its own, in a thread of its own. `name` is that of the guard."""

    name: str
    _woken: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _heard_at: float = float("-inf")

    def start(self) -> None:
        threading.Thread(target=self._run, args=(parameters(),), name="hears of pauses", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def works(self, within: float) -> bool:
        """Whether it heard itself within so many seconds."""
        return time.monotonic() - self._heard_at < within

    def rest(self, stop: threading.Event, seconds: float) -> None:
        """Until somebody tells of a pause, at most so long."""
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if self._woken.wait(min(LOOK_SECONDS, left)):
                break
        self._woken.clear()

    def _run(self, login: dict[str, object]) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(**login, autocommit=True) as session:  # type: ignore[arg-type]
                    session.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._listen(session)
            except (psycopg.Error, OSError) as problem:
                logger.info("Pauses are asked for, not heard of: %s", str(problem).strip())
            self._over.wait(AGAIN_SECONDS)

    def _listen(self, session: psycopg.Connection[tuple[object, ...]]) -> None:
        began = time.monotonic()
        while not self._over.is_set() and time.monotonic() - max(began, self._heard_at) < DEAF_SECONDS:
            for one in session.notifies(timeout=AGAIN_SECONDS):
                self._hear(one.payload)

    def _hear(self, what: str) -> None:
        if what == self.name:
            self._heard_at = time.monotonic()
        elif not what:
            self._woken.set()
