"""Appliers that die by kill -9, between two lines of their code or anywhere, while the tenant writes: each change is
applied exactly once."""

import os
import random
import signal
from contextlib import closing

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from tests import killing, on_shard
from tests.moves import two_shards
from tests.moves.flowing import Flow, flowing
from tests.moves.writing import DDL, Writer

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_killing_tests", 900_105)
WATCHED = ["shards/moves/applying/", "shards/fences.py"]
TRANSACTIONS = 300
ROUNDS = int(os.environ.get("NOVAOPS_KILLS", "12"))
SEED = int(os.environ.get("NOVAOPS_SEED", "1"))
COUNTED = "CREATE TABLE counts (id integer PRIMARY KEY, count integer);"


def test_each_change_is_applied_exactly_once(live_fleet: Fleet) -> None:
    print(f"seed {SEED}")
    with tenant_context(live_fleet), flowing(STREAM, DDL + COUNTED) as flow:
        flow.begin()
        chance = random.Random(SEED)
        writer = killing.begun(lambda: write(flow, chance.randint(0, 10**9)))
        for number in range(ROUNDS):
            if number % 3 == 2:
                killed_anywhere(flow, chance.uniform(0.05, 0.6))
            else:
                killing.dies_at(chance.randint(1, 4000), lambda: apply(flow, 0.5), WATCHED)
        assert killing.ended(writer) == 0
        with flow.applier() as applier:
            applier.until(flow.now())
        assert flow.different() == {}


def write(flow: Flow, seed: int) -> None:
    with on_shard.session(flow.stream.sender) as session:
        session.execute("SET search_path = novaops_killing_tests")
        session.execute("INSERT INTO counts SELECT n, 0 FROM generate_series(0, 9) n")
        writer = Writer(session, random.Random(seed))
        for number in range(TRANSACTIONS):
            writer.transaction()
            session.execute("UPDATE counts SET count = count + 1 WHERE id = %s", (number % 10,))


def apply(flow: Flow, seconds: float) -> None:
    with flow.applier() as applier:
        applier.step(seconds)


def killed_anywhere(flow: Flow, seconds: float) -> None:
    """After some time of its work, which it says has begun."""
    reading, writing = os.pipe()

    def work() -> None:
        with flow.applier() as applier:
            os.write(writing, b"!")
            applier.step(60)

    process = killing.begun(work)
    os.close(writing)
    with closing(os.fdopen(reading, "rb")) as told:
        told.read(1)
    signal.sigtimedwait([], seconds)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
