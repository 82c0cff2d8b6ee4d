"""Failovers while a tenant's changes go over: one of the receiver loses nothing and repeats nothing; one of the sender
ends the stream, and that is said. For a sandbox that nobody else uses: pytest tests/moves/failovers.py."""

import random
from collections.abc import Callable

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.contract import TransientProblem
from novaops.sandbox.control import Client
from shards.moves.slots import Broken
from shards.partitions.leader import find
from tests import killing
from tests.moves import two_shards
from tests.moves.flowing import Flow, beside, flowing
from tests.moves.writing import DDL, Writer
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_failover_tests", 900_106)


def test_a_failover_of_either_side(live_fleet: Fleet, restored: Client) -> None:
    with tenant_context(live_fleet), flowing(STREAM, DDL) as flow:
        flow.begin()
        writer = killing.begun(lambda: write(flow))
        came_on(flow, 1)
        fail_over(restored, flow.stream.receiver, lambda: came_on(flow, 0.5))
        assert killing.ended(writer) == 0
        wait_for(lambda: came_on(flow, 0.1), "the stream to go on")
        with flow.applier() as applier:
            applier.until(flow.now())
        flow.receiver = beside(flow.stream.receiver)
        assert flow.different() == {}
        fail_over(restored, flow.stream.sender, lambda: None)
        with pytest.raises(Broken, match=r"failed over, from timeline \d+ to \d+"), flow.applier():
            pass


def write(flow: Flow) -> None:
    with beside(flow.stream.sender) as session:
        session.execute("SET search_path = novaops_failover_tests")
        writer = Writer(session, random.Random(1))
        for _ in range(1500):
            writer.transaction()


def came_on(flow: Flow, seconds: float) -> bool:
    try:
        with flow.applier() as applier:
            applier.step(seconds)
    except TransientProblem as problem:
        print(problem)
        return False
    return True


def fail_over(sandbox: Client, shard: str, meanwhile: Callable[[], object]) -> None:
    former = find(shard).name
    sandbox.kill(former, tree=True)

    def another() -> bool:
        meanwhile()
        return find(shard).name != former

    wait_for(another, f"another leader of {shard}", seconds=120)
