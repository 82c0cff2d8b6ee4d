"""Both cache tiers stay right whatever dies, by the change stream as `script/demo` runs it. `script/soak` tries every
fault alone, and then many at random.

One trial with every fault in a fixed order: after the change stream has delivered, no read of eight processes is older
than the last acknowledged write. Another in which nothing is invalidated shows that the trial would notice."""

from pathlib import Path

import pytest

from novaops.sandbox.control import Client
from tests.caching.coherence import faults
from tests.caching.coherence.liar import lying
from tests.caching.coherence.places import Places
from tests.caching.coherence.reading import Reader
from tests.caching.coherence.tenant import tenant, write
from tests.caching.coherence.trial import trial
from tests.e2e.console import FLEET, Console
from tests.waiting import wait_for

CACHES = ("redis", "memcached", "nats")


@pytest.fixture
def places(state: Path) -> Places:
    return Places.of(state)


def test_no_read_is_older_than_what_was_delivered(
    restored: Client, console: Console, state: Path, places: Places
) -> None:
    verdict = trial(state, [faults.fault(name, restored, places) for name in faults.EVERY], fleet=FLEET, calm=0.5)
    assert verdict.stale == [], f"{verdict} The first: {verdict.stale[0]}"
    assert verdict.final and verdict.cached > verdict.reads / 2, f"Hardly anything was read from a cache: {verdict}"
    assert verdict.writes > 100, f"Hardly anything was written: {verdict}"
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 240)


def test_the_trial_notices_when_nothing_is_invalidated(restored: Client, state: Path, places: Places) -> None:
    restored.stop("invalidator")
    with lying(places, FLEET):
        verdict = trial(state, [], fleet=FLEET, calm=0.5)
    assert verdict.stale, f"Nothing was made old, and nobody noticed: {verdict}"


def test_with_everything_down_reads_answer_from_the_database(
    restored: Client, console: Console, places: Places
) -> None:
    names = [one["name"] for kind in CACHES for one in places.described[kind]]
    with tenant(places, 4) as who, places.pool("primary") as application:
        reader = Reader(places, who.name)
        with faults.stopped(restored, ["reader", "invalidator", *names]):
            for number, vm in enumerate(who.vms, 1):
                write(application, who.name, vm, number)
                assert _fresh(reader, vm, number)
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 120)


def _fresh(reader: Reader, vm: str, number: int) -> bool:
    """From the primary at once; a replica may be a moment behind."""

    def read() -> bool:
        found = reader.read(0, vm)
        return found.number == number and not found.cached

    return wait_for(read, "a read from the database", 10)
