"""What members of a real shard say of their files."""

import pytest
from django_tenants.utils import tenant_context

from metrics.selectors import snapshot
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server, ServerKind
from shards.replication.files import files_of

SHARD = "shard-1"
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_disk_is_looked_at_where_its_size_is_known(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        unknown = files_of(SHARD, snapshot())
        for server in Server.objects.filter(kind=ServerKind.POSTGRES, shard__name=SHARD):
            server.options["disk_bytes"] = "500000000000"
            server.save()
        known = files_of(SHARD, snapshot())
    assert len(unknown) == len(known) == 3
    for said in unknown.values():
        assert (said.problem, said.checksums, said.checksum_failures, said.used_bytes) == ("", True, 0, None)
    for said in known.values():
        assert said.disk_bytes == 500_000_000_000 and 0 < (said.used_bytes or 0) < said.disk_bytes
