"""Whom a cutover would have to wait for, as a real shard tells it."""

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.moves import gates
from shards.moves.sessions import sending
from tests import on_shard
from tests.moves import two_shards

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = two_shards.in_shared_tables("novaops inside tests", 900_040)
HOLD = "SELECT pg_advisory_lock_shared(novaops_schema.gate_key(%s))"


def test_who_holds_the_lock_is_told_in_a_transaction_and_outside_of_one(live_fleet: Fleet) -> None:
    """A transaction that ends between the look at its lock and the one at its session is known no better."""
    with (
        tenant_context(live_fleet),
        on_shard.session(STREAM.sender) as outside,
        on_shard.session(STREAM.sender) as within,
        sending(STREAM, 30) as session,
    ):
        assert gates.inside(session, STREAM.tenant_id) == ()
        outside.execute(HOLD, (STREAM.tenant_id,))
        with within.transaction():
            within.execute(HOLD, (STREAM.tenant_id,))
            found = gates.inside(session, STREAM.tenant_id)
            assert {one.pid for one in found} == {outside.info.backend_pid, within.info.backend_pid}
            assert all(one.seconds >= 0 for one in found)
