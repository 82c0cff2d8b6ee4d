"""Both cache tiers stay right whatever dies, by the change stream as `script/demo` runs it. `script/soak` tries every
fault alone, and then many at random.

One trial with every fault, two at a time: after the change stream has delivered, no read of eight processes is older
than the last acknowledged write. Another in which nothing is invalidated shows that the trial would notice."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from novaops.sandbox import account, binaries, choices, shard_health
from novaops.sandbox.control import Client
from novaops.sandbox.site import Site
from tests.caching.coherence import faults
from tests.caching.coherence.liar import lying
from tests.caching.coherence.places import Places
from tests.caching.coherence.reading import Reader
from tests.caching.coherence.tenant import tenant, write
from tests.caching.coherence.trial import trial
from tests.e2e.console import FLEET, Console
from tests.waiting import wait_for

CACHES = ("redis", "memcached", "nats")
TWO_AT_A_TIME = (
    (faults.READER, faults.REDIS),
    (faults.INVALIDATOR, faults.MEMCACHED),
    (faults.NATS, faults.LEADER),
)


@pytest.fixture
def places(state: Path) -> Places:
    return Places.of(state)


@pytest.fixture
def lose_leader(restored: Client, console: Console, places: Places) -> Callable[[], None]:
    """Kills it; another one leads, the pages say so, and the pool has followed, before it is started again."""

    def kill() -> None:
        former = faults.leader(places)
        restored.kill(former, tree=True)
        wait_for(lambda: console.servers()["patroni", former]["state"] != "ok", "the killed leader to turn red", 120)
        found = wait_for(lambda: {faults.leader(places)} - {former}, "the automatic failover", 120)
        wait_for(lambda: behind_pool(places) in found, "the pool to lead to the new leader", 120)
        restored.start(former)

    return kill


def behind_pool(places: Places) -> str:
    """The member that applications write to."""
    with places.pool("primary") as connection:
        row = connection.execute("SELECT inet_server_port() WHERE NOT pg_is_in_recovery()").fetchone()
    assert row is not None, "the pool leads to a server that takes no writes"
    return faults.member_at(places, row[0])


def test_no_read_is_older_than_what_was_delivered(
    restored: Client, console: Console, state: Path, places: Places, lose_leader: Callable[[], None]
) -> None:
    kill = {name: faults.fault(name, restored, places) for name in faults.EVERY} | {faults.LEADER: lose_leader}
    both = [partial(strike, *(kill[name] for name in names)) for names in TWO_AT_A_TIME]
    verdict = trial(state, both, fleet=FLEET, calm=0.5)
    assert verdict.stale == [], f"{verdict} The first: {verdict.stale[0]}"
    assert verdict.final and verdict.cached > verdict.reads / 2, f"Hardly anything was read from a cache: {verdict}"
    assert verdict.writes > 100, f"Hardly anything was written: {verdict}"
    layout = choices.load(state).layout(state)
    site, shard = Site(layout, binaries.find(layout), account.find(state)), layout.shards[0]
    wait_for(lambda: shard_health.incomplete(shard) is None, "three members in their roles", 240)
    wait_for(lambda: shard_health.misled(site, shard.pools[0]) is None, "the pool to lead to them", 120)
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 240)


def strike(*kills: Callable[[], object]) -> None:
    for kill in kills:
        kill()


def test_the_trial_notices_when_nothing_is_invalidated(restored: Client, state: Path, places: Places) -> None:
    restored.stop("invalidator")
    with lying(places, FLEET):
        verdict = trial(state, [], fleet=FLEET, calm=0.5, reading=2)
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

    return wait_for(read, "a read from the database")
