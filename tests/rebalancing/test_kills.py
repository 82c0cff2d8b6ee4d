"""kill -9 of a rebalance's worker, anywhere: the next one finds the moves by their keys, and requests none twice.
NOVAOPS_KILL_EVERY=1 tries each line."""

from collections import Counter

import pytest
from django_tenants.utils import tenant_context

from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.models import OperationLock
from shards.placement.models import Placement
from tests.conftest import MakePerson
from tests.killing import killed_at, lines_of, places, taken_over
from tests.rebalancing.book import begun, fill, on, open_book, work

pytestmark = pytest.mark.django_db(transaction=True)
WATCHED = ["shards/rebalancing/kind_steps.py", "novaops/operations/children.py", "novaops/operations/requesting.py"]


def test_a_worker_that_dies_anywhere_leaves_no_move_twice(
    fleet: Fleet, person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_book(monkeypatch)
    with tenant_context(fleet):
        fill(4)
        operator, home = person("operator"), Shard.objects.get(name="shard-1")
        lines = lines_of(begun(operator), WATCHED)
        moved = on("shard-2")
        for line in places(lines):
            work()
            Placement.objects.update(shard=home)
            operation = begun(operator)
            died = killed_at(line, operation, WATCHED)
            taken_over(operation)
            assert operation.status == "done", (line, died, operation.outcome)
            tenants = Counter(child.parameters["tenant"] for child in operation.children.all())
            assert set(tenants) == on("shard-2") == moved and set(tenants.values()) == {1}, (line, tenants)
        assert not OperationLock.objects.exists() and verify().whole
