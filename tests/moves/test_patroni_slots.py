"""What Patroni does with a move's slot, and is told of it; on the real shards."""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Credential
from novaops.inventory.secrets import seal
from novaops.inventory.selectors import targets_of
from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.clients.postgres import sessions
from shards.marks import Mark
from shards.moves import chunks, patroni_slots, slots
from shards.moves.copying.copy import copy
from shards.moves.patroni_slots import KEY, with_slot, without_slots
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream
from shards.moves.throttle import Unhindered
from shards.partitions.leader import find
from tests import killing, on_shard
from tests.moves import two_shards
from tests.moves.flowing import Flow, flowing
from tests.moves.looking import THERE, Looking

STREAM = two_shards.own_schema("novaops_ignored_tests", 900_108)
DDL = "CREATE TABLE items (id integer PRIMARY KEY, body text NOT NULL)"
ROWS = "INSERT INTO novaops_ignored_tests.items SELECT n, md5(n::text) FROM generate_series(%s::int, %s::int) AS n"
OTHERS: list[Any] = [{"name": "debezium", "plugin": "pgoutput"}, {"database": "reports"}]
WATCHED = ["shards/moves/patroni_slots.py"]
EVERY = int(os.environ.get("NOVAOPS_KILL_EVERY", "23"))


@pytest.fixture
def flow(transactional_db: None, live_fleet: Fleet) -> Iterator[Flow]:
    with tenant_context(live_fleet), flowing(STREAM, DDL) as found:
        yield found


@pytest.fixture
def others(flow: Flow) -> Iterator[Patroni]:
    """Somebody else has Patroni leave slots alone, too."""
    api = Looking.at(flow.stream.sender).patroni
    before = api.config_in_dcs().whole.get(KEY)
    api.configure({KEY: OTHERS})
    yield api
    api.configure({KEY: before})


def entries(api: Patroni) -> list[Any]:
    return list(api.config_in_dcs().whole.get(KEY) or ())


def entry(stream: Stream) -> dict[str, str]:
    return {"name": stream.name, "type": "logical"}


def test_entries() -> None:
    slot = entry(STREAM)
    assert with_slot([], STREAM.name) == [slot] == with_slot([slot], STREAM.name)
    assert with_slot(OTHERS, STREAM.name) == [*OTHERS, slot]
    odd = [*OTHERS, "odd", {"name": 7}]
    assert with_slot(odd, STREAM.name) == [*odd, slot]
    assert without_slots([*odd, slot, slot], {STREAM.name}) == odd == without_slots(odd, {STREAM.name})


def test_a_slot_survives_that_patroni_looks_in_the_middle_of_a_copy(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "ROWS", 50)
    flow.begin()
    looking = Looking.at(flow.stream.sender)
    flow.sender.execute(ROWS, (1, 500))
    with receiving(flow.stream, 60) as receiver:
        begun = slots.arrival_of(receiver, flow.stream)
    assert begun is not None
    throttle = Looked(looking)
    copy(flow.context, flow.stream, flow.tables, throttle)
    assert throttle.number > 1
    flow.sender.execute(ROWS, (501, 600))
    with receiving(flow.stream, 60) as receiver, sending(flow.stream, 60) as sender:
        arrival = slots.arrival_of(receiver, flow.stream)
        assert arrival is not None and arrival.applied == begun.applied, "it has not begun anew"
        assert not slots.history_broken(sender, receiver, flow.stream)
    with flow.applier() as applier:
        applier.until(flow.now())
    assert flow.different() == {}


class Looked(Unhindered):
    """Patroni looks while parts are copied, once."""

    def __init__(self, looking: Looking) -> None:
        self.looking, self.number = looking, 0

    def look(self) -> None:
        self.number += 1
        if self.number == 2:
            self.looking.looks()


def test_what_patroni_is_told(flow: Flow, others: Patroni) -> None:
    # As a former leader has it, where a logical one cannot be made.
    with sessions.open(_replica(flow.stream.sender), 60) as replica:
        replica.execute("SELECT pg_create_physical_replication_slot(%s)", (flow.stream.name,))
        flow.begin()
        assert replica.execute(THERE, (flow.stream.name,)).fetchone() is None
    flow.begin()
    assert entries(others) == [*OTHERS, entry(flow.stream)]
    others.configure({KEY: OTHERS})
    patroni_slots.leave_alone(flow.stream, flow.context)
    assert entries(others) == [*OTHERS, entry(flow.stream)], "whoever wrote it anew did not know of the move"
    # Of this console's, no operation stands that made it; of another's nobody here knows.
    given_up = replace(flow.stream, made_by=Mark(900_109, flow.stream.made_by.console))
    foreign = replace(flow.stream, made_by=Mark(900_109, "0123456789ab"))
    others.configure({KEY: [*OTHERS, entry(given_up), entry(foreign)]})
    flow.begin()
    assert entries(others) == [*OTHERS, entry(foreign), entry(flow.stream)]
    _at_once(flow, [replace(foreign, made_by=Mark(number, "0123456789ab")) for number in range(900_110, 900_116)])
    assert entries(others) == [*OTHERS, entry(foreign)], "no operation stands that made the test's own"
    flow.begin()
    for _ in range(2):
        slots.drop(flow.stream, flow.context)
        assert entries(others) == [*OTHERS, entry(foreign)]


def _replica(shard: str) -> Target:
    leader = find(shard)
    return next(one for one in targets_of(shard, "postgres") if one.name != leader.name)


def _at_once(flow: Flow, several: list[Stream]) -> None:
    """Moves of one shard do not write over what the others wrote."""
    fleet = connection.tenant  # type: ignore[attr-defined]

    def tell(stream: Stream) -> None:
        try:
            with tenant_context(fleet):
                patroni_slots.leave_alone(stream, flow.context)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(several)) as at_once:
        list(at_once.map(tell, several))
    told = entries(Looking.at(flow.stream.sender).patroni)
    assert [one for one in told if one in map(entry, several)] == told[-len(several) :]
    for one in several:
        patroni_slots.forget(one, flow.context)


def test_a_worker_that_dies_while_it_tells_patroni_is_followed_by_one_that_tells_it(
    flow: Flow, others: Patroni
) -> None:
    """kill -9 at lines spread over it, at each with NOVAOPS_KILL_EVERY=1."""
    dropping = on_shard.context(flow.stream.receiver, 2, flow.stream.made_by.operation)
    for line in itertools.count(1, EVERY):
        told = killing.dies_at(line, lambda: patroni_slots.leave_alone(flow.stream, flow.context), WATCHED)
        patroni_slots.leave_alone(flow.stream, flow.context)
        assert entries(others) == [*OTHERS, entry(flow.stream)]
        forgot = killing.dies_at(line, lambda: patroni_slots.forget(flow.stream, dropping), WATCHED)
        patroni_slots.forget(flow.stream, dropping)
        assert entries(others) == OTHERS
        if not (told or forgot):
            return


def test_a_patroni_that_cannot_be_told_holds_nothing_up(flow: Flow) -> None:
    names = {target.login.username for target in targets_of(flow.stream.sender, "patroni")}
    assert Credential.objects.filter(username__in=names).update(password_encrypted=seal("another")) > 0
    said: list[str] = []
    flow.context = replace(flow.context, log=said.append)
    flow.begin()
    with sending(flow.stream, 60) as sender:
        assert slots.state(sender, flow.stream) is not None
    [line] = said
    assert line.startswith("Patroni of shard-1 could not be told of the move's slot, and may drop it: shard-1-a: It")
