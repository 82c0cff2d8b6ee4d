"""A stream in JetStream of the test's own, and a shard that is read through a slot that ends with the test."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context

from caching.clients.jetstream import JetStream
from caching.stream.echoes import Echoes
from caching.stream.leader import Leader, leader_of
from caching.stream.publishing import Alive, Publisher
from caching.stream.road import Road
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets
from shards.clients.postgres import Session
from shards.clients.postgres import connect as open_session
from shards.dataplane.published import PUBLICATION
from shards.decoding.replication import Replication
from tests import on_shard
from tests.caching.coherence.places import Places

SHARD = "shard-1"


@pytest.fixture
def places(state: Path) -> Places:
    return Places.of(state)


@pytest.fixture
def road(live_fleet: Fleet) -> Iterator[Road]:
    """Built; gone at the end."""
    with tenant_context(live_fleet):
        found = Road(f"test-{uuid.uuid4().hex[:8]}", JetStream(targets("nats")))
    found.build()
    yield found
    found.jetstream.delete(found.stream)
    found.close()


@dataclass
class Reading:
    """`until_quiet` reads what has been committed so far, and publishes it."""

    leader: Leader
    session: Session
    replication: Replication
    publisher: Publisher

    def until_quiet(self, shard: psycopg.Connection[Any], alive: Alive = lambda cause: None) -> None:
        row = shard.execute("SELECT (pg_current_wal_lsn() - '0/0')::bigint").fetchone()
        assert row is not None
        while self.publisher.done < row[0]:
            data = self.replication.read()
            if data is not None:
                self.publisher.feed(data)
            if data is None or self.publisher.full:
                self.publisher.flush(alive)
                self.publisher.idle_until(self.replication.sent_until)
                self.replication.confirm(self.publisher.done)
            if data is None:
                self.replication.wait(0.2)


@pytest.fixture
def reading(live_fleet: Fleet, road: Road) -> Iterator[Reading]:
    with tenant_context(live_fleet):
        leader = leader_of(SHARD)
        server = leader.postgres
        with open_session(server, 60.0, server.database) as session, Replication(server, "novaops test") as replication:
            session.deadline = float("inf")
            slot = f"novaops_test_{uuid.uuid4().hex[:8]}"
            replication.make(slot, temporary=True)
            replication.start(slot, (PUBLICATION,))
            publisher = Publisher(SHARD, replication.timeline, road, session, leader.replicas, Echoes())
            yield Reading(leader, session, replication, publisher)


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[psycopg.Connection[Any]]:
    with tenant_context(live_fleet), on_shard.session(SHARD) as connection:
        yield connection
