"""A flush while the Redis Cluster changes under it: slots move, a replica takes over, a primary dies. All that was
meant goes, nothing else does, and the flush ends well. On a cluster of the test's own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from tests.caching.own_cluster import all_there, client, done, fill, queued
from tests.conftest import MakePerson
from tests.killing import ended, started
from tests.redis_servers import Node, form, servers, streams
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
DOOMED = 3_000
PREFIX = "doomed:"


@pytest.fixture
def nodes(fleet: Fleet, tmp_path: Path) -> Iterator[list[Node]]:
    """Three primaries, and a replica of the first."""
    with tenant_context(fleet), servers(tmp_path, 4) as found:
        form(found[:3], [(found[3], found[0])])
        fill(found)
        for number in range(DOOMED):
            client(found).set(f"{PREFIX}{number}", "wrong")
        yield found


def left(nodes: list[Node]) -> int:
    """Asked of each primary that answers: a key that is in two places counts twice."""
    return sum(len(list(node.link.scan_iter(match=f"{PREFIX}*", count=5_000))) for node in nodes if leads(node))


def leads(node: Node) -> bool:
    return bool(node.process and node.process.poll() is None and node.ask("ROLE")[0] == "master")


def flush(person: MakePerson, keys_per_second: int) -> Operation:
    """One that lasts for some seconds."""
    return queued(
        person, "cache-flush", scope="prefix", text=PREFIX, tier="L1", keys_per_second=keys_per_second, pace="fast"
    )


@contextmanager
def worker(operation: Operation) -> Iterator[int]:
    """A process that carries it out; at the end it is over, and the operation is done."""
    pid = started(operation)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)
        ended(pid)
    operation.refresh_from_db()
    assert operation.status == Status.DONE, [operation.outcome, *operation.lines.values_list("text", flat=True)]


def test_keys_of_slots_that_move_meanwhile_are_gone_too(nodes: list[Node], person: MakePerson) -> None:
    """The mover is held while a slot is half-way, and goes on when the flush has unlinked a part."""
    flushing = flush(person, 1_500)
    moving = queued(person, "redis-move-slots", source="own-1", target="own-2", slots=300)
    with worker(moving) as mover:
        wait_for(lambda: nodes[0].moving() == 1, "a slot to be half-way", every=0.001)
        os.kill(mover, signal.SIGSTOP)
        assert nodes[0].owned() > 5461 - 300
        with worker(flushing):
            wait_for(lambda: left(nodes) < DOOMED - 300, "a part to be unlinked", every=0.02)
            os.kill(mover, signal.SIGCONT)
    assert left(nodes) == 0 and all_there(nodes)
    assert nodes[0].owned() == 5461 - 300


def test_a_flush_follows_its_slots_to_whoever_takes_them_over(nodes: list[Node], person: MakePerson) -> None:
    """First a replica is told to, while the flush is held; then its primary dies, and the other one takes them back by
    itself."""
    with worker(flush(person, 600)) as flusher:
        wait_for(lambda: left(nodes) < DOOMED, "the flush to begin", every=0.02)
        os.kill(flusher, signal.SIGSTOP)
        assert left(nodes) > 0
        done(person, "redis-failover", replica="own-4")
        os.kill(flusher, signal.SIGCONT)
        wait_for(lambda: streams(nodes[0]), "own-1 to follow own-4", every=0.02)
        nodes[3].kill()
        wait_for(lambda: leads(nodes[0]), "own-1 to take its slots back", every=0.05)
    assert left(nodes) == 0 and all_there(nodes)
