"""Things that a test leaves behind on a real shard, under names of its own, and takes away again."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.leftovers.leftover import Leftover
from shards.leftovers.survey import leftovers
from tests import on_shard
from tests.conftest import MakePerson

SHARD = "shard-1"
Leader = psycopg.Connection[Any]
Find = Callable[[str], Leftover | None]
Remove = Callable[..., Operation]


@pytest.fixture
def leader(live_fleet: Fleet) -> Iterator[Leader]:
    with tenant_context(live_fleet), on_shard.session(SHARD) as connection:
        yield connection


@pytest.fixture
def as_superuser(state: Any, leader: Leader) -> Iterator[Leader]:
    """On the same leader, as who may do everything."""
    password = (state / "secrets" / "postgres").read_text().strip()
    with psycopg.connect(leader.info.dsn, user="postgres", password=password, autocommit=True) as connection:
        yield connection


@pytest.fixture
def name() -> str:
    """Of a thing of this test alone."""
    return f"novaops_test_{uuid4().hex[:10]}"


@pytest.fixture
def find(live_fleet: Fleet) -> Find:
    """The leftover of that name on the shard, as the sweeper sees it now."""

    def found(name: str) -> Leftover | None:
        with tenant_context(live_fleet):
            return next((one for one in leftovers(SHARD) if name in one.name), None)

    return found


@pytest.fixture
def plan(live_fleet: Fleet, person: MakePerson) -> Remove:
    """The operation that would remove it."""

    def planned(found: Leftover | None) -> Operation:
        assert found is not None, "the sweeper does not see it"
        kind = "leftover-delete" if found.sort.destroys_data else "leftover-remove"
        with tenant_context(live_fleet):
            return services.request(kind, {"leftover": found.key}, person("operator"), "Nobody needs it.")

    return planned


@pytest.fixture
def queue(plan: Remove, live_fleet: Fleet, person: MakePerson) -> Remove:
    """The same, confirmed, and approved where the fleet's policy asks for that."""

    def queued(found: Leftover | None) -> Operation:
        operation = plan(found)
        with tenant_context(live_fleet):
            assert operation.status == Status.PLANNED, operation.outcome
            operation = services.confirm(operation, person("operator"), operation.plan.confirm)
            if operation.status == Status.WAITING:
                operation = services.approve(operation, person("approver"))
            return operation

    return queued


@pytest.fixture
def remove(queue: Remove, live_fleet: Fleet) -> Remove:
    """The same, carried out."""

    def removed(found: Leftover | None) -> Operation:
        operation = queue(found)
        with tenant_context(live_fleet):
            execute(operation.pk)
            operation.refresh_from_db()
            return operation

    return removed
