"""Where applications find a shard: its pools, its address, or its members."""

from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.services import import_fleet
from shards.placement.console_router import pool_address
from shards.placement.places import PoolAddress
from tests.inventory.fleet_files import TEXT, fleet_file

pytestmark = pytest.mark.django_db
POOLS = '    pools: [{name: alpha-pool, address: "127.0.0.1:1", primary: write, replica: read}]\n'


def reached(fleet: Fleet, instead: str) -> PoolAddress:
    """With these lines in the place of the shard's pools."""
    import_fleet(fleet_file(TEXT.replace(POOLS, instead)), Path("/"))
    with tenant_context(fleet):
        return pool_address("alpha-shard")


def test_all_pools_are_tried_that_name_their_databases_alike(fleet: Fleet) -> None:
    pools = """    pools:
      - {name: pool-1, address: "10.0.0.1:1", primary: write, replica: read}
      - {name: pool-2, address: "10.0.0.2:2", primary: write, replica: read}
      - {name: pool-3, address: "10.0.0.3:3"}
"""
    found = reached(fleet, pools)
    assert (found.primary["host"], found.primary["port"], found.primary["dbname"]) == (
        "10.0.0.1,10.0.0.2",
        "1,2",
        "write",
    )
    assert found.replica["dbname"] == "read"


def test_without_a_pool_the_address_leads_to_the_leader_and_members_are_read_from(fleet: Fleet) -> None:
    found = reached(fleet, '    address: "10.0.0.9:5432"\n')
    assert (found.primary["host"], found.primary["dbname"]) == ("10.0.0.9", "novacron")
    assert (found.replica["host"], found.replica["target_session_attrs"]) == ("127.0.0.1,::1", "prefer-standby")


def test_with_neither_whichever_member_writes_is_found(fleet: Fleet) -> None:
    found = reached(fleet, "")
    assert (found.primary["host"], found.primary["target_session_attrs"]) == ("127.0.0.1,::1", "read-write")
    assert found.primary["user"] == "novacron_app"
