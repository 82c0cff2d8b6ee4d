"""Keys that were written since they were compared: in rounds, and for the last time inside the pause."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context
from psycopg.types.json import Jsonb

from novaops.fleets.models import Fleet
from shards.clients.postgres import Session
from shards.moves.catalog import tables_of
from shards.moves.comparing.rows import Difference
from shards.moves.comparing.settling import Recheck, recheck, settle
from shards.moves.sessions import receiving, sending
from shards.moves.tables import Table
from tests import on_shard
from tests.moves import two_shards

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.in_shared_tables("novaops settling tests", 900_012)
USER, OTHER_USER = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
AT = "2026-01-02 03:04:05.678901+00"
# The last one of so many parameters: a session that was used before has others.
PREPARED = """
    SELECT name FROM pg_prepared_statements
    WHERE name LIKE 'novaops_touched_%%' AND cardinality(parameter_types) = %s
    ORDER BY prepare_time DESC LIMIT 1
"""
FILLED = (
    "INSERT INTO public.users (tenant_id, id, email, name, created_at) VALUES (%(tenant)s, %(user)s, 'a', 'A', %(at)s)",
    "INSERT INTO public.vms (tenant_id, id, name, state_id, owner_id, created_at, updated_at)"
    " SELECT %(tenant)s, gen.id, 'vm', 1, %(user)s, %(at)s, %(at)s FROM (SELECT %(user)s::uuid AS id) AS gen",
    "INSERT INTO public.vm_audit (tenant_id, id, vm_id, at, action)"
    " VALUES (%(tenant)s, %(user)s, %(user)s, %(at)s, 'made')",
)


class Two:
    """The shards and their sessions of a mover."""

    def __init__(self, sender: psycopg.Connection[Any], receiver: psycopg.Connection[Any]) -> None:
        self.sender, self.receiver = sender, receiver
        self.sends: Session
        self.receives: Session
        self.tables: tuple[Table, ...] = ()

    def touch(self, table: str, *keys: tuple[str, ...]) -> None:
        self.receiver.execute(
            "INSERT INTO novaops_schema.arrival_touched (stream, table_name, keys) VALUES (%s, %s, %s)",
            (STREAM.name, table, Jsonb(keys)),
        )

    def recheck(self) -> Recheck:
        return recheck(self.sends, self.receives, on_shard.context(STREAM.receiver), STREAM, self.tables)

    def settle(self) -> tuple[Difference, ...]:
        return settle(self.sends, self.receives, STREAM, self.tables)


@pytest.fixture
def two(live_fleet: Fleet) -> Iterator[Two]:
    with tenant_context(live_fleet), two_shards.on_both(STREAM) as (sender, receiver):
        for session in (sender, receiver):
            two_shards.enrol(session, STREAM)
            for statement in FILLED:
                session.execute(statement.encode(), {"tenant": STREAM.tenant_id, "user": USER, "at": AT})
        two_shards.expect(receiver, STREAM)
        made = Two(sender, receiver)
        with sending(STREAM, 60) as made.sends, receiving(STREAM, 60) as made.receives:
            made.tables = tables_of(made.sends, STREAM)
            yield made


def test_what_is_the_same_now_need_not_be_looked_at_again(two: Two) -> None:
    tenant = STREAM.tenant_id
    two.touch("public.users", (tenant, USER), (tenant, OTHER_USER))  # the other one is on neither side: it was deleted
    two.touch("public.vms", (tenant, USER, AT))
    two.touch("public.vm_audit", (tenant, USER, AT))
    two.touch("public.vms", (tenant, USER, AT))
    assert two.settle() == ()
    assert two.recheck() == Recheck(left=0, settled=4)


def test_nothing_is_settled_before_the_old_shard_shows_all_that_it_told(two: Two) -> None:
    """A commit that waits for the synchronous standby has been told, and others still see the row as it was."""
    two.touch("public.vms", (STREAM.tenant_id, USER, AT))
    with two.sender.transaction():
        two.sender.execute("SELECT set_config('novaops.tenant_id', %s, true)", (STREAM.tenant_id,))
        two.sender.execute("UPDATE public.vms SET name = 'vm' WHERE tenant_id = %s", (STREAM.tenant_id,))
        assert two.recheck() == Recheck(left=1, settled=0)
    assert two.recheck() == Recheck(left=0, settled=1)


def test_rows_that_are_written_all_the_time_hold_up_no_others(two: Two) -> None:
    """They differ in each round, and stand in the entries of many transactions, each with rows that are the same."""
    tenant = STREAM.tenant_id
    two.receiver.execute("UPDATE public.vms SET state_id = 2 WHERE tenant_id = %s", (tenant,))
    busy = (tenant, USER, AT)
    for number in range(5):
        two.touch("public.vms", busy, (tenant, OTHER_USER, f"2026-01-0{number + 1} 00:00:00+00"))
    assert two.recheck() == Recheck(left=1, settled=5, lasting=(("public.vms", busy),))
    assert two.recheck() == Recheck(left=1, settled=0, lasting=(("public.vms", busy),))
    assert [one.key for one in two.settle()] == [busy]
    two.sender.execute("UPDATE public.vms SET state_id = 2 WHERE tenant_id = %s", (tenant,))
    assert two.recheck() == Recheck(left=0, settled=1)


def test_what_differs_stays_and_is_named_in_the_end(two: Two) -> None:
    tenant = STREAM.tenant_id
    two.receiver.execute("UPDATE public.vms SET name = 'other', state_id = 2 WHERE tenant_id = %s", (tenant,))
    two.receiver.execute("DELETE FROM public.vm_audit WHERE tenant_id = %s", (tenant,))
    two.touch("public.users", (tenant, USER))
    two.touch("public.vms", (tenant, USER, AT))
    two.touch("public.vm_audit", (tenant, USER, AT))
    lasting = (("public.vm_audit", (tenant, USER, AT)), ("public.vms", (tenant, USER, AT)))
    assert two.recheck() == Recheck(left=2, settled=1, lasting=lasting)
    assert set(two.settle()) == {
        Difference("public.vms", (tenant, USER, AT), ("name", "state_id")),
        Difference("public.vm_audit", (tenant, USER, AT), only_on="sender"),
    }
    two.sender.execute("DELETE FROM public.vm_audit WHERE tenant_id = %s", (tenant,))
    two.receiver.execute("UPDATE public.vms SET name = 'vm', state_id = 1 WHERE tenant_id = %s", (tenant,))
    assert two.settle() == ()
    assert two.recheck().left == 0


def test_rows_are_found_by_their_key_in_an_index(two: Two) -> None:
    """Also where the tenant is taken for small: then all of its rows would do as well."""
    two.recheck()
    values = ["1", *["'{}'" for table in two.tables for _ in table.key]]
    nothing = ", ".join(values)
    prepared = two.sends.execute(PREPARED, (len(values),)).fetchone()
    assert prepared
    name = prepared["name"]
    plan = [row["QUERY PLAN"] for row in two.sends.execute(f'EXPLAIN EXECUTE "{name}" ({nothing})'.encode())]
    scans = [line for line in plan if "Scan" in line and "wanted" not in line and "Subquery" not in line]
    assert len(scans) >= len(two.tables)
    assert not [line for line in scans if "Index" not in line and "ChunkAppend" not in line]
    assert not [line for line in plan if "Index Cond" in line and "wanted" not in line]
