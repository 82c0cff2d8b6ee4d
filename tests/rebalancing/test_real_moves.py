"""A real shard is filled, and another one emptied, with real moves: what was planned is so, as the shards say."""

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.moves.models import Move, Phase
from shards.placement.selectors import shards_of
from shards.rebalancing import kind_steps
from tests.conftest import MakePerson
from tests.moves import two_shards
from tests.moves.tenants import placed, rows_of
from tests.rebalancing.book import begun

pytestmark = pytest.mark.django_db(transaction=True)
STREAMS = [two_shards.own_schema(f"rebalanced_{number}", 80 + number) for number in range(2)]


def work() -> None:
    for number in Operation.objects.filter(kind="tenant-move", status="queued").values_list("pk", flat=True):
        execute(number)


def ended(operation: Operation) -> Operation:
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done", operation.outcome
    return operation


def places() -> list[str]:
    return sorted(shards_of([stream.tenant_id for stream in STREAMS]).values())


def state(shard: str) -> str:
    return Shard.objects.get(name=shard).state


def test_a_new_shard_gets_its_share_and_takes_over_all(
    live_fleet: Fleet, person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind_steps, "pause", work)
    with tenant_context(live_fleet), placed(STREAMS[0]) as (source, target), placed(STREAMS[1]):
        before = [rows_of(source, stream) for stream in STREAMS]
        operator = person("operator")
        Shard.objects.filter(name="shard-2").update(state="offline")
        filled = ended(begun(operator, "shard-fill", shard="shard-2", way_back_hours=0, skew_percent=20))
        [child] = filled.children.all()
        assert Move.objects.get(operation=child).phase == Phase.FINISHED, child.outcome
        assert places() == ["shard-1", "shard-2"] and state("shard-2") == "active"
        ended(begun(operator, "shard-drain", shard="shard-1"))
        assert places() == ["shard-2", "shard-2"] and state("shard-1") == "offline"
        assert [rows_of(target, stream) for stream in STREAMS] == before
        assert not any(rows_of(source, stream) for stream in STREAMS)
