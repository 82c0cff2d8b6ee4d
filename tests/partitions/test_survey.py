"""What the leader of a real shard tells of its tables, native ones and, where TimescaleDB is packaged, hypertables."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.clients.postgres import Session
from shards.partitions.facts import Engine, PartitionedTable
from shards.partitions.leader import session_on
from shards.partitions.survey import survey

SCHEMA = "novaops_survey_tests"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leader(live_fleet: Fleet) -> Iterator[Session]:
    """A session on a shard's leader, with a schema of the tests' own that is gone afterwards."""
    with tenant_context(live_fleet), session_on("shard-1", timeout=30) as session:
        session.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}".encode())
        yield session
        session.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())


def make_numbered(session: Session) -> Engine:
    """A table by plain numbers with the pieces -1000..0 and 0..1000, as a hypertable where there is TimescaleDB."""
    name = f"{SCHEMA}.numbered"
    if survey(session).timescale:
        session.execute(
            f"""CREATE TABLE {name} (id bigint NOT NULL);
            SELECT create_hypertable('{name}', 'id', chunk_time_interval => 1000);
            INSERT INTO {name} VALUES (5), (-5)""".encode()
        )
        return Engine.HYPERTABLE
    session.execute(
        f"""CREATE TABLE {name} (id bigint NOT NULL) PARTITION BY RANGE (id);
        CREATE TABLE {name}_1 PARTITION OF {name} FOR VALUES FROM (0) TO (1000);
        CREATE TABLE {name}_0 PARTITION OF {name} FOR VALUES FROM (-1000) TO (0)""".encode()
    )
    return Engine.NATIVE


def find(session: Session, name: str) -> PartitionedTable:
    return next(table for table in survey(session).tables if table.full_name == name)


def test_the_measurements_lie_in_pieces_of_a_day_on_either_engine(leader: Session) -> None:
    found = find(leader, "public.vm_metrics")
    assert (found.engine is Engine.HYPERTABLE) == bool(survey(leader).timescale)
    assert (found.key.strip('"'), found.interval, found.interval_seconds) == ("time", "1 day", 86_400)
    now = datetime.now(UTC)
    if found.engine is Engine.NATIVE:
        assert [one for one in found.partitions if one.begins and one.ends and one.begins <= now < one.ends]


def test_pieces_by_numbers_are_in_order_and_have_no_time(leader: Session) -> None:
    engine = make_numbered(leader)
    found = find(leader, f"{SCHEMA}.numbered")
    interval = "1000" if engine is Engine.HYPERTABLE else "1,000 values"
    assert (found.engine, found.interval, found.interval_seconds) == (engine, interval, None)
    assert [(one.lower, one.upper, one.begins) for one in found.partitions] == [
        ("-1000", "0", None),
        ("0", "1000", None),
    ]
