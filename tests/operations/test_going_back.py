"""What was done is taken back when an operation ends early; a paused one rests and goes on."""

import subprocess
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Membership, Person
from novaops.operations import services
from novaops.operations.choices import NEXT, Status
from novaops.operations.models import Operation, OperationLock
from novaops.operations.problems import Refused
from novaops.operations.runner import execute
from tests.operations import kinds
from tests.operations.conftest import Planned
from tests.operations.test_workers import let_lease_run_out, start_worker, started
from tests.waiting import wait_for

__all__ = ["started"]
Workers = list[subprocess.Popen[bytes]]


def statuses(operation: Operation) -> list[str]:
    return [step.status for step in operation.steps.all()]


@pytest.mark.parametrize(("mishap", "status"), [("never-works", "failed"), ("defect", "errored"), ("always", "failed")])
def test_what_was_done_before_a_failure_is_taken_back(queued: Planned, folder: Path, mishap: str, status: str) -> None:
    operation = queued("lending", mishap=mishap)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == status and operation.outcome.endswith("What had been done was taken back.")
    assert kinds.effects(folder) == [] and not OperationLock.objects.exists()
    assert statuses(operation) == ["undone", "undone", "skipped"]
    assert verify().whole and Record.objects.filter(verb="step taken back").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_taking_back_is_followed_by_one_that_goes_on_taking_back(
    queued: Planned, in_fleet: Fleet, operator: Person, folder: Path, started: Workers
) -> None:
    (folder / "die-undoing").touch()
    operation = queued("lending", mishap="slow")
    started.append(start_worker(in_fleet, operation))
    wait_for(lambda: operation.steps.get(key="second").note == "waiting", "progress of the second step")
    services.cancel(operation, operator)
    wait_for((folder / "hanging-undo").exists, "the worker to be taking the second step back")
    started[0].kill()
    started[0].wait(timeout=60)
    (folder / "die-undoing").unlink()
    let_lease_run_out(operation)
    execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.turns) == ("cancelled", 2)
    assert statuses(operation) == ["undone", "undone", "skipped"] and kinds.effects(folder) == []
    assert verify().whole and not OperationLock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_paused_operation_keeps_its_locks_and_goes_on_where_it_was(
    queued: Planned, in_fleet: Fleet, operator: Person, folder: Path, started: Workers
) -> None:
    operation = queued(mishap="slow")
    started.append(start_worker(in_fleet, operation))
    wait_for(lambda: operation.steps.get(key="second").note == "waiting", "progress of the second step")
    services.pause(operation, operator)
    assert started[0].wait(timeout=120) == 0
    operation.refresh_from_db()
    assert operation.status == "paused" and statuses(operation) == ["done", "pending", "pending"]
    assert OperationLock.objects.filter(operation=operation).exists()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "paused", "nobody takes a paused operation"
    (folder / "go-on").touch()
    assert services.resume(operation, operator).status == "queued"
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done" and kinds.effects(folder) == ["first", "second", "third"]
    assert verify().whole and not OperationLock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_paused_operation_that_is_cancelled_is_taken_back(
    queued: Planned, in_fleet: Fleet, operator: Person, folder: Path, started: Workers
) -> None:
    operation = queued("lending", mishap="slow")
    started.append(start_worker(in_fleet, operation))
    wait_for(lambda: operation.steps.get(key="second").note == "waiting", "progress of the second step")
    services.pause(operation, operator)
    assert started[0].wait(timeout=120) == 0
    assert services.cancel(operation, operator).status == "queued"
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "cancelled" and kinds.effects(folder) == []
    assert not OperationLock.objects.exists()


def test_only_what_runs_can_be_paused_and_only_what_rests_resumed(queued: Planned, operator: Person) -> None:
    operation = queued()
    with pytest.raises(Refused, match="only a running one can be paused"):
        services.pause(operation, operator)
    with pytest.raises(Refused, match="is not paused"):
        services.resume(operation, operator)
    assert Record.objects.filter(verb="operation refused").count() == 2


def test_buttons_that_come_too_late_say_so(queued: Planned, operator: Person, fleet: Fleet) -> None:
    operation, client = queued(), Client()
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    for action, said in (("pause", "only a running one can be paused"), ("resume", "is not paused")):
        address = f"/fleets/{fleet.slug}/operations/{operation.pk}/{action}"
        assert client.get(address).status_code == 405
        assert said in client.post(address, follow=True).content.decode()


def test_a_requester_who_lost_the_right_meanwhile_is_refused(queued: Planned, folder: Path, operator: Person) -> None:
    operation = queued()
    Membership.objects.filter(person=operator).delete()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "refused" and "no longer holds the right" in operation.outcome
    assert kinds.effects(folder) == []


def test_records_name_what_an_operation_touches(queued: Planned) -> None:
    operation = queued()
    execute(operation.pk)
    found = Record.objects.filter(subject__startswith=operation.subject)
    assert found.count() == 10 and all(record.data["targets"] == ["shard:shard-1"] for record in found)


def way_to(status: Status) -> list[Status]:
    """The shortest legal way from a plan to that status."""
    ways = [[Status.PLANNED]]
    for way in ways:
        if way[-1] is status:
            return way[1:]
        ways += [[*way, after] for after in NEXT[way[-1]] if after not in way]
    raise AssertionError(f"no way leads to {status}")


@pytest.mark.parametrize("before", list(Status))
def test_the_database_refuses_every_other_way(planned: Planned, before: Status) -> None:
    found, refused = Operation.objects.filter(pk=planned().pk), set()
    for status in way_to(before):
        found.update(status=status)
    for after in Status:
        try:
            with transaction.atomic():
                found.update(status=after)
                transaction.set_rollback(True)
        except IntegrityError as problem:
            assert f"cannot go from {before} to {after}" in str(problem)
            refused.add(after)
    assert refused == set(Status) - NEXT[before] - {before}
