"""kill -9 between any two lines of a removal: another worker carries it on, and nothing is left behind."""

import os
import signal
from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context

from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import OperationLock
from shards.leftovers.removal import rows
from tests.conftest import MakePerson
from tests.killing import killed_at, lines_of, places, started, taken_over
from tests.leftovers.conftest import Find, Leader, Remove
from tests.leftovers.tenants import clear, rows_of
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
WATCHED = ["shards/leftovers/removal/", "shards/fences.py", "novaops/operations/stepping.py"]
NUMBER = 7


@pytest.fixture
def tenant(name: str, leader: Leader) -> Iterator[str]:
    yield name
    clear(leader, name)


def abandon(leader: Leader, tenant: str) -> None:
    """Rows of a tenant that nobody lists, more than a batch of them."""
    leader.execute(
        "INSERT INTO vms_cold (tenant_id, id) SELECT %s, gen_random_uuid() FROM generate_series(1, %s)",
        (tenant, NUMBER),
    )


def test_a_worker_that_dies_anywhere_leaves_rows_that_the_next_deletes(
    tenant: str, leader: Leader, queue: Remove, find: Find, live_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BATCH", 3)
    abandon(leader, tenant)
    with tenant_context(live_fleet):
        lines = lines_of(queue(find(tenant)), WATCHED)
        for line in places(lines):
            abandon(leader, tenant)
            operation = queue(find(tenant))
            died = killed_at(line, operation, WATCHED)
            taken_over(operation)
            assert operation.status == Status.DONE, (line, died, operation.outcome)
            assert rows_of(leader, tenant) == {}, f"after dying at line {line}"
        assert not OperationLock.objects.exists() and find(tenant) is None
        assert verify().whole


def test_a_worker_that_dies_anywhere_leaves_a_slot_that_the_next_drops(
    name: str, leader: Leader, queue: Remove, find: Find, live_fleet: Fleet
) -> None:
    make = "SELECT pg_create_physical_replication_slot(%s)"
    leader.execute(make, (name,))
    with tenant_context(live_fleet):
        lines = lines_of(queue(find(name)), WATCHED)
        for line in places(lines):
            leader.execute(make, (name,))
            operation = queue(find(name))
            died = killed_at(line, operation, WATCHED)
            taken_over(operation)
            assert operation.status == Status.DONE, (line, died, operation.outcome)
            assert find(name) is None, f"after dying at line {line}"
        assert not OperationLock.objects.exists()
        assert verify().whole


def test_a_worker_that_dies_in_the_middle_of_a_batch_has_deleted_the_batches_before_it(
    tenant: str, leader: Leader, queue: Remove, find: Find, live_fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a row that another session holds; what it deleted of that batch is there again when it is dead."""
    monkeypatch.setattr(rows, "BATCH", 3)
    abandon(leader, tenant)
    with tenant_context(live_fleet):
        operation = queue(find(tenant))
        with leader.transaction():
            leader.execute("SELECT FROM vms_cold WHERE tenant_id = %s ORDER BY id DESC LIMIT 1 FOR UPDATE", (tenant,))
            worker = started(operation)
            waits = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            wait_for(lambda: leader.execute(waits).fetchone() is not None, "the worker to wait", every=0.02)
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
            assert rows_of(leader, tenant)["vms_cold"] in (NUMBER, NUMBER - 3, NUMBER - 6), "whole batches"
        taken_over(operation)
        assert operation.status == Status.DONE, operation.outcome
        assert rows_of(leader, tenant) == {}


def test_a_cancelled_deletion_stops_between_two_batches(
    tenant: str,
    leader: Leader,
    queue: Remove,
    find: Find,
    live_fleet: Fleet,
    person: MakePerson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "BATCH", 3)
    monkeypatch.setattr("novaops.operations.progress.WRITE_EVERY", 0.0)
    abandon(leader, tenant)
    batch = rows._batch

    def and_cancelled(*asked: object) -> int:
        deleted = batch(*asked)  # type: ignore[arg-type]
        services.cancel(operation, person("operator"))
        return deleted

    monkeypatch.setattr(rows, "_batch", and_cancelled)
    with tenant_context(live_fleet):
        operation = queue(find(tenant))
        taken_over(operation)
        assert operation.status == Status.CANCELLED, operation.outcome
        assert operation.steps.get(index=0).done == 3
    assert rows_of(leader, tenant) == {"vms_cold": NUMBER - 3}
