"""The process that answers for the end of pauses: `manage.py pool_guards`.

Any number may run, anywhere: each holds every pause of every fleet in memory, so that the death of one changes nothing,
and RESUME of what is not paused is harmless. The control database is needed to learn of a pause, not to end it. A guard
that was killed finds the pauses that stand when it starts again; those whose end has passed it ends at once.

It hears of a pause (`hearing`), and asks with every beat. It asks quickly while it holds one, and while it cannot tell
that it would hear of one."""

import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field

from django.db import connection
from django.db.utils import DatabaseError, InterfaceError
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets
from shards.pools.pausing import guards, records
from shards.pools.pausing.hearing import Hearing, tell
from shards.pools.pausing.holding import Held, Memory
from shards.pools.pausing.models import Ending, PoolPause

logger = logging.getLogger(__name__)
TURN_SECONDS = 0.2
BEAT_SECONDS = 2.0
FLEETS_SECONDS = 10.0


@dataclass
class Process:
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    memory: Memory = field(default_factory=Memory)
    fleets: list[Fleet] = field(default_factory=list)
    hearing: Hearing = field(init=False)
    _fleets_at: float = 0.0
    _beat_at: float = 0.0
    _away: bool = False

    def __post_init__(self) -> None:
        self.hearing = Hearing(self.name)

    def run(self, stop: threading.Event) -> None:
        over = threading.Event()
        threading.Thread(target=self.memory.watch, args=(over,), name="ends of pauses", daemon=True).start()
        logger.info("%s guards the pauses of pools from now on", self.name)
        self.hearing.start()
        while not stop.is_set():
            self.hearing.rest(stop, self.pause())
            try:
                self.turn()
                self._away = False
            except (DatabaseError, InterfaceError) as problem:
                self._say_away(str(problem).strip())
        self.end()
        self.hearing.stop()
        over.set()

    def pause(self) -> float:
        """Until it asks again, unless it hears of a pause before."""
        believes = not self._away and self.hearing.works(2 * BEAT_SECONDS)
        return BEAT_SECONDS if believes and not self.memory.held else TURN_SECONDS

    def turn(self) -> None:
        now = time.monotonic()
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        if now >= self._fleets_at:
            self.fleets, self._fleets_at = list(Fleet.objects.all()), now + FLEETS_SECONDS
        beats = now >= self._beat_at
        for fleet in self.fleets:
            with tenant_context(fleet):
                if beats:
                    guards.beat(self.name)
                self._look_at(fleet.schema_name)
        if beats:
            tell(self.name)
            self._beat_at = now + BEAT_SECONDS

    def end(self) -> None:
        """An orderly end: what stands is another guard's, or this one's when it starts again."""
        try:
            for fleet in self.fleets:
                with tenant_context(fleet):
                    guards.leave(self.name)
        except (DatabaseError, InterfaceError):
            connection.close()

    def _look_at(self, schema: str) -> None:
        standing = {one.pk: one for one in records.standing()}
        for held in self.memory.of(schema):
            if held.resumed:
                records.ended(held.pk, Ending.EXPIRED, self.name)
                standing.pop(held.pk, None)
            row = standing.get(held.pk)
            if row is None:
                self.memory.forget(held)
            else:
                held.at_rest = row.paused_at is not None
        unknown = [one for one in standing.values() if not self.memory.knows(schema, one.pk)]
        if unknown:
            self._take_on(schema, unknown)

    def _take_on(self, schema: str, pauses: list[PoolPause]) -> None:
        pools = {pool.name: pool for pool in targets("pgbouncer")}
        for pause in pauses:
            pool = pools.get(pause.pool)
            if pool is None:
                records.ended(pause.pk, Ending.GONE, self.name)
                continue
            until = time.monotonic() + records.remaining(pause.pk)
            self.memory.take(Held(schema, pause.pk, pool, pause.database, until))
            records.taken_on(pause.pk, self.name)
            logger.info("%s is guarded until %s", pause, pause.ends_at)

    def _say_away(self, why: str) -> None:
        if not self._away:
            logger.warning("The control database does not answer: %s", why)
        self._away = True
        connection.close()
