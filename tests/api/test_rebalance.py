"""A rebalance over the API and from the command line: planned from what was counted last."""

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from shards.placement.models import Placement
from tests.api.conftest import MakeProgram

MB = 1_000_000


@pytest.fixture(autouse=True)
def _tenants(fleet: Fleet) -> None:
    with tenant_context(fleet):
        for number in (1, 2):
            Shard.objects.create(name=f"shard-{number}", cluster=f"shard-{number}", database="novacron")
        home = Shard.objects.get(name="shard-1")
        for number in range(4):
            known = {"bytes": MB, "vms": 1, "since": timezone.now()}
            Placement.objects.create(tenant_id=f"t{number}", name=f"T{number}", shard=home, **known)


def test_who_would_move_and_why(program: MakeProgram) -> None:
    mine = program("viewer")
    told = mine.get("rebalance?skew_percent=5").json()
    assert (told["skew_before"], told["skew_after"], len(told["moves"])) == (1.0, 0.0, 2)
    assert told["moves"][0]["target"] == "shard-2" and "more than its share" in told["moves"][0]["why"]
    assert [one["load"] for one in told["after"]] == [0.5, 0.5] and not told["problem"]
    assert "no shard of this fleet" in mine.get("rebalance?pins=t1%3Dshard-9").json()["problem"]
    wrong = mine.get("rebalance?pins=t1")
    assert wrong.status_code == 422 and "tenant=shard" in wrong.json()["fields"]["pins"]
