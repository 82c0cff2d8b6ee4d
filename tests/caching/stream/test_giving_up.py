"""A slot that holds more WAL than it may is given up: said in the change log, and the shard's entries are old."""

import uuid
from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from caching.library.tiers import Tiers
from caching.stream import slots
from caching.stream.giving_up import give_up_beyond_bound, most_wal_bytes
from caching.stream.models import GIGABYTE, StreamSettings
from caching.stream.problems import StreamProblem
from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from shards.clients.postgres import Session
from shards.decoding.slots import give_up, state_of
from shards.partitions.leader import session_on

SHARD = "shard-1"
WAL = "SELECT pg_logical_emit_message(false, 'novaops test', repeat('x', 200000))"


@pytest.fixture
def session(live_fleet: Fleet) -> Iterator[Session]:
    with tenant_context(live_fleet), session_on(SHARD, 60) as found:
        yield found


@pytest.fixture
def slot(session: Session) -> Iterator[str]:
    """One that ends with the session."""
    name = f"novaops_test_{uuid.uuid4().hex[:8]}"
    session.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput', true)", (name,))
    session.execute(WAL)
    yield name
    give_up(session, name)


@pytest.fixture
def tiers(live_fleet: Fleet) -> Iterator[Tiers]:
    found = tiers_of(live_fleet, lambda tenant: SHARD)
    yield found
    found.close()


def test_within_its_bound_it_stays(session: Session, slot: str, tiers: Tiers) -> None:
    give_up_beyond_bound(session, SHARD, slot, tiers)
    assert state_of(session, slot) is not None and not Record.objects.filter(subject=f"shard:{SHARD}").exists()


def test_past_it_it_is_given_up_said_and_everything_is_old(session: Session, slot: str, tiers: Tiers) -> None:
    StreamSettings.objects.create(most_wal_bytes=1000)
    tenant = f"coherence-{uuid.uuid4().hex[:8]}"
    assert tiers.get_or_compute("vm", tenant, "a", lambda: 1) == 1
    with pytest.raises(StreamProblem, match="begins anew"):
        give_up_beyond_bound(session, SHARD, slot, tiers)
    assert state_of(session, slot) is None
    assert tiers.get_or_compute("vm", tenant, "a", lambda: 2) == 2
    record = Record.objects.get(subject=f"shard:{SHARD}")
    assert (record.verb, record.actor_kind, record.actor) == ("change stream given up", "automatic", "change stream")
    assert record.data["slot"] == slot and record.data["held_bytes"] > record.data["limit_bytes"]
    give_up_beyond_bound(session, SHARD, slot, tiers)


def test_the_bound_is_the_setting_and_less_than_what_postgresql_allows(session: Session) -> None:
    assert most_wal_bytes() == GIGABYTE
    row = session.execute("SELECT setting::bigint AS megabytes FROM pg_settings WHERE name = 'max_slot_wal_keep_size'")
    allowed = (row.fetchone() or {})["megabytes"] * 1024**2
    assert slots.bound(session, 1000) == 1000
    assert slots.bound(session, 10 * allowed) == allowed * 9 // 10
