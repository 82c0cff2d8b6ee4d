"""A process that reads through both tiers, and writes down what it saw: one JSON list per read.

python -m tests.caching.coherence.reading STATE TENANT VMS PROCESS FILE"""

import json
import random
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import psycopg

from caching.library.tiers import Tiers
from tests.caching.coherence.history import Read
from tests.caching.coherence.places import Places
from tests.caching.coherence.tenant import read

PAUSE_SECONDS = 0.02
ROADS = ("primary", "replica")


class Reader:
    """Loads from the primary and from a replica in turn, when the caches have nothing."""

    def __init__(self, places: Places, tenant: str) -> None:
        self._places, self._tenant = places, tenant
        self._tiers: Tiers = places.tiers()
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._loads = 0

    def read(self, process: int, vm: str) -> Read:
        started, before = time.monotonic(), self._loads
        try:
            number = int(self._tiers.get_or_compute("vm", self._tenant, vm, lambda: self._load(vm)))
        except psycopg.Error:
            return Read(process, vm, started, time.monotonic(), None, cached=False)
        return Read(process, vm, started, time.monotonic(), number, cached=self._loads == before)

    def _load(self, vm: str) -> int:
        self._loads += 1
        road = ROADS[self._loads % 2]
        try:
            return self._ask(road, vm)
        except psycopg.Error:
            return self._ask("primary", vm)

    def _ask(self, road: str, vm: str) -> int:
        try:
            connection = self._connections.get(road) or self._places.pool(road)
            self._connections[road] = connection
            return read(connection, self._tenant, vm)
        except psycopg.Error:
            broken = self._connections.pop(road, None)
            if broken is not None:
                broken.close()
            raise


def main(state: Path, tenant: str, vms: list[str], process: int, out: TextIO) -> None:
    chance = random.Random(process)
    reader = Reader(Places.of(state), tenant)
    while True:
        one = reader.read(process, chance.choice(vms))
        out.write(json.dumps([one.vm, one.started, one.ended, one.number, one.cached]) + "\n")
        out.flush()
        time.sleep(PAUSE_SECONDS)


def written(path: Path, process: int) -> list[Read]:
    """What a process wrote down so far; a last line that was cut off does not count."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return [Read(process, vm, started, ended, number, cached) for vm, started, ended, number, cached in rows]


if __name__ == "__main__":
    with Path(sys.argv[5]).open("w") as file:
        main(Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), int(sys.argv[4]), file)
