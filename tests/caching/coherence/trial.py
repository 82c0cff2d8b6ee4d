"""All of it together: writers, eight readers, deliveries, and faults in between; then the judgement."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.caching.coherence.delivery import Delivery
from tests.caching.coherence.history import Delivered, Read, Stale, stale
from tests.caching.coherence.places import Places
from tests.caching.coherence.reading import written
from tests.caching.coherence.tenant import Tenant, tenant
from tests.caching.coherence.writing import Writers
from tests.ending import tied
from tests.waiting import wait_for

READERS, VMS = 8, 24
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Verdict:
    """`final` are reads made after the last delivery, when everything had been written."""

    stale: list[Stale]
    reads: int
    cached: int
    failed_reads: int
    writes: int
    failed_writes: int
    deliveries: int
    final: int
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.writes} writes acknowledged ({self.failed_writes} failed), {self.reads} reads "
            f"({self.cached} from caches, {self.failed_reads} failed), {self.deliveries} deliveries, "
            f"{self.final} reads after the last, {len(self.stale)} of all too old."
        )


class Readers:
    """Processes, each with its file."""

    def __init__(self, places: Places, who: Tenant, folder: Path, count: int) -> None:
        self.paths = [folder / f"reads-{number}" for number in range(count)]
        words = [
            sys.executable,
            "-m",
            "tests.caching.coherence.reading",
            str(places.state),
            who.name,
            ",".join(who.vms),
        ]
        self._running = [
            subprocess.Popen(tied([*words, str(number), str(path)]), cwd=ROOT) for number, path in enumerate(self.paths)
        ]

    def seen(self) -> list[Read]:
        return [one for number, path in enumerate(self.paths) for one in written(path, number)]

    def all_read(self, since: float, each: int) -> bool:
        """Whether every process has made so many reads that began since."""
        counts = [sum(one.started >= since for one in written(path, 0)) for path in self.paths]
        return all(count >= each for count in counts)

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(60)


def trial(
    state: Path,
    faults: Sequence[Callable[[], object]],
    seed: int = 1,
    fleet: str = "demo",
    slot: str = "",
    calm: float = 2.0,
    patience: float = 120.0,
    count: int = 2,
    reading: int = READERS,
    reached: Callable[[int], bool] = lambda position: True,
) -> Verdict:
    """`faults` come one after the other, with a delivery and `calm` seconds of work before each; `count` threads
    write, `reading` processes read."""
    places = Places.of(state)
    with tempfile.TemporaryDirectory() as folder, tenant(places, VMS) as who:
        writers = Writers(places, who, seed, count)
        delivery = Delivery(places, fleet, lambda: writers.acknowledged, slot, reached)
        readers = Readers(places, who, Path(folder), reading)
        try:
            wait_for(lambda: readers.all_read(0.0, 3), "every process to read")
            writers.start()
            delivery.start()
            for fault in (*faults, bool):
                _delivered(delivery, patience)
                time.sleep(calm)
                fault()
            _delivered(delivery, patience)
            writers.stop()
            last = _delivered(delivery, patience)
            wait_for(lambda: readers.all_read(last.at, VMS), "every process to read after the last delivery")
        finally:
            writers.stop()
            delivery.stop()
            readers.stop()
        return _judged(readers.seen(), delivery.found, writers, last)


def _delivered(delivery: Delivery, patience: float) -> Delivered:
    """The first delivery that began from now on."""
    before = len(delivery.found)
    wait_for(lambda: len(delivery.found) >= before + 2, "the change stream to deliver", patience, every=0.05)
    return delivery.found[-1]


def _judged(seen: list[Read], deliveries: list[Delivered], writers: Writers, last: Delivered) -> Verdict:
    return Verdict(
        stale=stale(seen, deliveries),
        reads=len(seen),
        cached=sum(one.cached for one in seen),
        failed_reads=sum(one.number is None for one in seen),
        writes=writers.done,
        failed_writes=writers.failed,
        deliveries=len(deliveries),
        final=sum(one.started >= last.at for one in seen),
    )
