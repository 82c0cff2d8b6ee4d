"""Hypertables: their chunks come and go while a stream runs, and whole tenants with them move."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Event

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.choices import Status
from shards.moves.models import Move, Phase
from tests import killing, on_shard
from tests.conftest import MakePerson
from tests.moves import hypertables, two_shards
from tests.moves.flowing import Flow, beside, flowing
from tests.moves.hypertables import DDL, drop_before, followed, measured, write
from tests.moves.tenants import Leader, left_of, placed
from tests.moves.test_move import carried_out
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.own_schema("novaops_hyper_tests", 900_140)
MOVED = two_shards.own_schema("novaops_hyper_moves", 1)
WATCHED = ["shards/moves/applying/", "shards/moves/pieces.py", "shards/moves/copying/part.py"]
KILLS, TRANSACTIONS, SEED = 5, 40, 1
WRITERS, HOLD = 3, "SELECT pg_sleep(0.1 + 0.03 * %s)"


@pytest.fixture
def flow(live_fleet: Fleet) -> Iterator[Flow]:
    with tenant_context(live_fleet), hypertables.there(), flowing(STREAM, DDL) as found:
        found.sender.execute("SET search_path = novaops_hyper_tests")
        write(found.sender, 0)
        found.sender.execute("DELETE FROM measured")
        found.begin()
        yield found


def test_chunks_come_and_go(flow: Flow) -> None:
    with flow.applier() as applier:
        write(flow.sender, 0)
        flow.sender.execute("UPDATE measured SET value = 'changed' WHERE id = 1")
        followed(flow, applier)
        assert flow.different() == {}
        write(flow.sender, 1)
        write(flow.sender, 7)
        newest = hypertables.chunks(flow.sender)[-1]
        flow.sender.execute(f"ALTER PUBLICATION {flow.stream.name} ADD TABLE ONLY {newest}".encode())
        flow.sender.execute("UPDATE measured SET value = 'told of before it is followed' WHERE id = 1")
        followed(flow, applier)
        flow.sender.execute("UPDATE measured SET value = 'changed too' WHERE id = 2")
        flow.sender.execute("DELETE FROM measured WHERE id = 3")
        followed(flow, applier)
        assert flow.different() == {}
        drop_before(flow.sender, 1)
        write(flow.sender, 0, "anew", rows=1)
        flow.sender.execute(f"TRUNCATE {hypertables.chunks(flow.sender)[1]}".encode())
        followed(flow, applier)
        assert flow.different() == {}
        flow.sender.execute("TRUNCATE measured")
        followed(flow, applier)
        assert flow.rows(flow.receiver, flow.tables[0]) == set()


def test_a_chunk_waits_for_whoever_writes_to_it(flow: Flow) -> None:
    with closing(beside(flow.stream.sender)) as other, flow.applier() as applier:
        other.execute("SET search_path = novaops_hyper_tests")
        write(flow.sender, 3)
        with other.transaction():
            other.execute("UPDATE measured SET value = 'late' WHERE id = 1")
            applier.step(0.1)
            assert not applier.follows_all()
        followed(flow, applier)
        assert flow.different() == {}


def test_a_chunk_that_somebody_always_writes_to_is_followed(flow: Flow) -> None:
    """Transactions that are longer than its lock is first waited for, each begun before another one ends."""
    write(flow.sender, 3)
    stopped = Event()
    with ThreadPoolExecutor(WRITERS) as threads, ExitStack() as stack:
        sessions = [stack.enter_context(closing(beside(flow.stream.sender))) for _ in range(WRITERS)]
        writers = [threads.submit(always_inside, *one, stopped) for one in enumerate(sessions, start=1)]
        stack.callback(stopped.set)
        with flow.applier() as applier:
            wait_for(lambda: applier.step(0.1) and applier.follows_all(), "the chunk to be followed")
            assert not any(writer.done() for writer in writers)
            stopped.set()
            assert [writer.result() for writer in writers] == [None] * WRITERS
            followed(flow, applier)
    assert flow.different() == {}


def always_inside(number: int, session: Leader, stopped: Event) -> None:
    session.execute("SET search_path = novaops_hyper_tests")
    while not stopped.is_set():
        with session.transaction():
            session.execute("UPDATE measured SET value = value || '.' WHERE id = %s", (number,))
            session.execute(HOLD, (number,))


def test_whoever_dies_while_chunks_come_and_go_leaves_nothing_out(flow: Flow) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    writer = killing.begun(lambda: write_at_random(flow, chance.randint(0, 10**9)))
    for _ in range(KILLS):
        killing.dies_at(chance.randint(1, 3000), lambda: apply(flow), WATCHED)
    assert killing.ended(writer) == 0
    with flow.applier() as applier:
        followed(flow, applier)
    assert flow.different() == {}


def write_at_random(flow: Flow, seed: int) -> None:
    chance = random.Random(seed)
    with on_shard.session(flow.stream.sender) as session:
        session.execute("SET search_path = novaops_hyper_tests")
        for number in range(TRANSACTIONS):
            with session.transaction():
                write(session, chance.randint(0, 20), f"at {number}", rows=0)
                session.execute(
                    "INSERT INTO measured VALUES ('2026-01-01'::timestamptz + interval '1 day' * %s, %s, %s)"
                    " ON CONFLICT (id, at) DO UPDATE SET value = excluded.value",
                    (chance.randint(0, 20), chance.randint(1, 9), f"at {number}"),
                )
                session.execute("DELETE FROM measured WHERE id = %s", (chance.randint(1, 99),))
            if number % 15 == 14:
                drop_before(session, chance.randint(1, 6))


def apply(flow: Flow) -> None:
    with flow.applier() as applier:
        for _ in range(3):
            applier.step(0.5)


def test_a_tenant_moves_with_its_hypertable_and_back(live_fleet: Fleet, person: MakePerson) -> None:
    with tenant_context(live_fleet), hypertables.there(), placed(MOVED, vms=5) as (source, target):
        for session in (source, target):
            session.execute("SELECT set_config('search_path', 'novaops_hyper_moves, public', false)")
        source.execute(DDL.encode())
        for day in range(5):
            write(source, day, rows=100)
        before = measured(source)
        moved = carried_out(person, "tenant-move", tenant=MOVED.tenant_id, target=MOVED.receiver, pause_limit_ms=5000)
        assert moved.status == Status.DONE, moved.outcome
        assert measured(target) == before and len(hypertables.chunks(target)) == 5
        write(target, 9)
        after = measured(target)
        back = carried_out(person, "tenant-move-back", operation=moved.pk)
        assert back.status == Status.DONE, back.outcome
        move = Move.objects.get(operation=moved)
        assert move.phase == Phase.REVERTED and not left_of(move, source, target)
        assert measured(source) == after
        left = "SELECT count(*) FROM _timescaledb_catalog.hypertable WHERE schema_name = 'novaops_hyper_moves'"
        assert target.execute(left).fetchone() == (0,)
