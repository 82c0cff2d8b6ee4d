"""An operation at a time: until then it rests, then it is looked at again; a missed time is not made up for."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.operations import services, tasks
from novaops.operations.models import Operation
from novaops.operations.problems import Invalid, Refused
from novaops.operations.releasing import release_due
from novaops.operations.runner import execute
from tests.operations import kinds
from tests.operations.conftest import Planned

HOUR = timedelta(hours=1)


def scheduled(operation: Operation, person: Person, **options: object) -> Operation:
    when = {"due_at": timezone.now() + HOUR, "time_zone": "Europe/Berlin", **options}
    return services.confirm(operation, person, operation.plan.confirm, **when)  # type: ignore[arg-type]


def come(operation: Operation, late: timedelta = timedelta(0)) -> None:
    """Its time came, and so much time has passed since."""
    due = timezone.now() - late
    Operation.objects.filter(pk=operation.pk).update(due_at=due, expires_at=due + HOUR)


def test_it_starts_at_its_time_once_however_often_beat_looks(
    planned: Planned, operator: Person, in_fleet: Fleet, folder: Path
) -> None:
    operation = scheduled(planned(), operator)
    assert (operation.status, operation.time_zone) == ("scheduled", "Europe/Berlin")
    tasks.look_again()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "scheduled" and not kinds.effects(folder)
    come(operation)
    assert (release_due(), release_due()) == (1, 0)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done"
    due = Record.objects.get(verb="operation due")
    assert due.actor_kind == "schedule" and "Europe/Berlin" in due.outcome


def test_what_changed_until_then_makes_it_stale(planned: Planned, operator: Person, folder: Path) -> None:
    operation = scheduled(planned(), operator)
    kinds.prepare(folder, colour="red")
    come(operation)
    release_due()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "stale" and "blue when it was planned, red now" in operation.outcome


def test_a_time_that_was_missed_ends_it(planned: Planned, operator: Person, in_fleet: Fleet, folder: Path) -> None:
    operation = scheduled(planned(), operator)
    come(operation, late=2 * HOUR)
    tasks.look_again()
    operation.refresh_from_db()
    assert operation.status == "expired" and "nothing could start it within an hour" in operation.outcome
    assert "Europe/Berlin" in operation.outcome


def test_a_worker_that_comes_too_late_does_not_start_it(planned: Planned, operator: Person, folder: Path) -> None:
    operation = scheduled(planned(), operator)
    come(operation)
    release_due()
    come(operation, late=2 * HOUR)
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "refused" and "within an hour" in operation.outcome and not kinds.effects(folder)


def test_it_can_be_cancelled_until_then(planned: Planned, operator: Person) -> None:
    operation = services.cancel(scheduled(planned(), operator), operator)
    come(operation)
    assert operation.status == "cancelled" and release_due() == 0


def test_a_risky_one_waits_for_its_approval_and_then_for_its_time(
    planned: Planned, operator: Person, approver: Person
) -> None:
    operation = scheduled(planned("guarded"), operator)
    assert (operation.status, operation.expires_at) == ("waiting", operation.due_at)
    assert services.approve(operation, approver).status == "scheduled"
    assert services.withdraw(operation, approver).status == "waiting"
    assert services.approve(operation, approver).status == "scheduled"
    come(operation)
    release_due()
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done"


def test_an_approval_that_never_comes_lets_the_time_pass(
    planned: Planned, operator: Person, approver: Person, in_fleet: Fleet
) -> None:
    operation = scheduled(planned("guarded"), operator)
    Operation.objects.update(due_at=timezone.now(), expires_at=timezone.now())
    tasks.look_again()
    operation.refresh_from_db()
    assert operation.status == "expired" and "did not come in time" in operation.outcome


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"due_at": timezone.now() - HOUR}, "in the future"),
        ({"due_at": timezone.now() + timedelta(days=91)}, "within 90 days"),
        ({"due_at": timezone.now().replace(tzinfo=None) + HOUR}, "say its time zone"),
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
    ],
)
def test_a_time_that_cannot_be_is_refused(
    planned: Planned, operator: Person, wrong: dict[str, object], sentence: str
) -> None:
    operation = planned()
    with pytest.raises(Invalid, match=sentence):
        scheduled(operation, operator, **wrong)
    operation.refresh_from_db()
    assert operation.status == "planned"


def test_a_conflict_of_now_says_nothing_about_later(planned: Planned, queued: Planned, operator: Person) -> None:
    later, now, holder = planned(), planned(), queued()
    holder.held_locks.create(scope="shard", name="shard-1")
    with pytest.raises(Refused, match=f"held by operation {holder.pk}"):
        services.confirm(now, operator, now.plan.confirm)
    assert scheduled(later, operator).status == "scheduled"
