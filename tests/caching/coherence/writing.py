"""Threads that write. Each VM is one thread's, so that its numbers grow in the order of its writes."""

import random
import threading
import time
from dataclasses import dataclass, field

import psycopg

from tests.caching.coherence.places import Places
from tests.caching.coherence.tenant import Tenant, write

PAUSE_SECONDS = 0.02
RETRY_SECONDS = 0.2


@dataclass
class Writers:
    """`acknowledged` has the last number of each VM whose commit was confirmed."""

    places: Places
    tenant: Tenant
    seed: int
    count: int = 2
    acknowledged: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    done: int = 0
    failed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(self.count):
            mine = self.tenant.vms[number :: self.count]
            self._threads.append(threading.Thread(target=self._write, args=(number, mine), daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _write(self, number: int, vms: tuple[str, ...]) -> None:
        chance = random.Random(self.seed * 1000 + number)
        connection: psycopg.Connection[tuple[object, ...]] | None = None
        while not self._stop.wait(PAUSE_SECONDS):
            vm = chance.choice(vms)
            self.tried[vm] = self.tried.get(vm, 0) + 1
            try:
                connection = connection or self.places.pool("primary")
                write(connection, self.tenant.name, vm, self.tried[vm])
                self.acknowledged[vm] = self.tried[vm]
                self.done += 1
            except psycopg.Error:
                self.failed += 1
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(RETRY_SECONDS)
