"""Several workers, and workers that die: real processes, a real kill -9."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Person
from novaops.operations import services
from novaops.operations.leases import acquire, fenced
from novaops.operations.models import Operation, OperationLock
from novaops.operations.problems import LeaseLost
from novaops.operations.runner import execute
from tests import control_database
from tests.operations import kinds
from tests.operations.conftest import Planned
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
# Long enough for a slow machine.
LEASE = 60


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers that the test started; none outlives it."""
    workers: list[subprocess.Popen[bytes]] = []
    yield workers
    for worker in workers:
        worker.kill()
        worker.wait(timeout=60)


def start_worker(fleet: Fleet, operation: Operation) -> subprocess.Popen[bytes]:
    env = os.environ | {"NOVAOPS_DATABASE_URL": control_database.url(), "NOVAOPS_LEASE_SECONDS": str(LEASE)}
    argv = [sys.executable, "-m", "tests.operations.worker", fleet.slug, str(operation.pk)]
    return subprocess.Popen(argv, cwd=ROOT, env=env)


def let_lease_run_out(operation: Operation) -> None:
    """Of a worker that is gone: as it would with time."""
    ago = timezone.now() - timedelta(seconds=1)
    assert Operation.objects.filter(pk=operation.pk, status="running").update(lease_until=ago)


@pytest.mark.django_db(transaction=True)
def test_an_operation_whose_worker_was_killed_is_carried_on_by_another(
    queued: Planned, in_fleet: Fleet, folder: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    operation = queued(mishap="hang")
    started.append(start_worker(in_fleet, operation))
    wait_for((folder / "hanging").exists, "the worker to be inside the second step")
    started[0].kill()
    started[0].wait(timeout=60)
    execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.turns) == ("running", 1), "the lease still held"
    let_lease_run_out(operation)
    execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.turns) == ("done", 2)
    assert kinds.effects(folder) == ["first", "second", "third"], "each effect exactly once"
    assert operation.steps.get(key="second").outcome == "It was done already."
    assert not OperationLock.objects.exists()
    assert verify().whole and Record.objects.filter(verb="operation resumed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_running_operation_stops_at_its_next_safe_point(
    queued: Planned, in_fleet: Fleet, operator: Person, folder: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    operation = queued(mishap="slow")
    started.append(start_worker(in_fleet, operation))
    wait_for(lambda: operation.steps.get(key="second").note == "waiting", "progress of the second step")
    assert services.cancel(operation, operator).status == "running"
    assert started[0].wait(timeout=120) == 0
    operation.refresh_from_db()
    assert operation.status == "cancelled" and operation.outcome.startswith(operator.username)
    assert [step.status for step in operation.steps.all()] == ["done", "cancelled", "skipped"]
    assert kinds.effects(folder) == ["first"] and not OperationLock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_race_one_acts(queued: Planned, in_fleet: Fleet, folder: Path) -> None:
    operation = queued()
    together = threading.Barrier(4)

    def race() -> None:
        with tenant_context(in_fleet):
            together.wait()
            execute(operation.pk)
        connection.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    operation.refresh_from_db()
    assert (operation.status, operation.turns) == ("done", 1)
    assert kinds.effects(folder) == ["first", "second", "third"]
    assert Record.objects.filter(verb="operation started").count() == 1 and verify().whole


def test_a_worker_that_lost_its_lease_writes_nothing_more(queued: Planned) -> None:
    operation = queued()
    first = acquire(operation.pk, "first worker")
    assert first and not acquire(operation.pk, "second worker"), "the lease is held"
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = acquire(operation.pk, "second worker")
    assert second and second.token > first.token and (first.turn, second.turn) == (1, 2)
    with pytest.raises(LeaseLost), fenced(first):
        pytest.fail("a worker without the lease came in")
    with fenced(second) as mine:
        assert mine.lease_owner == "second worker"
