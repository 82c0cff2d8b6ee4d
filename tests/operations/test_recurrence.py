"""Schedules: the same request by the clock; one operation per turn whatever becomes of the messages."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Membership, Person
from novaops.operations import occurrences, services, tasks
from novaops.operations.contract import Risk
from novaops.operations.crontabs import last_until, next_after
from novaops.operations.models import Operation, Recurrence
from novaops.operations.occurrences import open_turns, take_turn
from novaops.operations.policies import Rule
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.runner import execute
from tests.conftest import MakePerson
from tests.operations import kinds
from tests.operations.conftest import Planned

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)


@pytest.fixture
def hourly(planned: Planned, operator: Person) -> Recurrence:
    """At every full hour; made long ago."""
    return made(planned(), operator)


@pytest.fixture
def viewer_here(person: MakePerson) -> Person:
    return person("viewer")


def made(operation: Operation, person: Person) -> Recurrence:
    found = services.make_recurrence(operation, person, "0 * * * *", BERLIN, operation.plan.confirm)
    services.cancel(operation, person)
    Recurrence.objects.filter(pk=found.pk).update(made_at=timezone.now() - timedelta(days=1))
    found.refresh_from_db()
    return found


def turn(recurrence: Recurrence, hours: int = 0) -> datetime:
    """A moment just after a full hour."""
    now = timezone.now().replace(minute=0, second=1, microsecond=0)
    return now + timedelta(hours=hours)


def test_a_turn_plans_confirms_and_is_the_schedules_doing(hourly: Recurrence, operator: Person, folder: Path) -> None:
    take_turn(hourly.pk, turn(hourly))
    operation = hourly.occurrences.get()
    assert (operation.status, operation.requested_by_name, operation.reason) == (
        "queued",
        operator.username,
        "To see it written.",
    )
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == "done" and kinds.effects(folder) == ["first", "second", "third"]
    records = Record.objects.filter(subject__startswith=operation.subject)
    assert {record.actor_kind for record in records} == {"schedule"}
    assert {record.actor for record in records} == {f"schedule {hourly.pk} of {operator.username}"}
    hourly.refresh_from_db()
    assert hourly.last_outcome == f"Operation {operation.pk}: Queued."


def test_a_doubled_message_makes_one_operation(hourly: Recurrence, in_fleet: Fleet) -> None:
    for _ in range(2):
        take_turn(hourly.pk, turn(hourly))
    Recurrence.objects.update(last_at=None)
    take_turn(hourly.pk, turn(hourly))
    assert hourly.occurrences.count() == 1 and Record.objects.filter(verb="operation confirmed").count() == 1
    assert not Record.objects.filter(verb="operation refused").exists()


@pytest.mark.django_db(transaction=True)
def test_workers_that_get_the_same_message_make_one_operation(hourly: Recurrence, in_fleet: Fleet) -> None:
    together, moment = threading.Barrier(3), turn(hourly)

    def race() -> None:
        with tenant_context(in_fleet):
            together.wait()
            take_turn(hourly.pk, moment)
        connection.close()

    racers = [threading.Thread(target=race) for _ in range(3)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert hourly.occurrences.get().status == "queued"
    assert Record.objects.filter(verb="operation confirmed").count() == 1 and verify().whole


def test_a_worker_that_died_between_plan_and_confirmation_is_made_up_for(
    hourly: Recurrence, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr("novaops.operations.occurrences._confirm", _dies)
        take_turn(hourly.pk, turn(hourly))
    assert hourly.occurrences.get().status == "planned"
    take_turn(hourly.pk, turn(hourly))
    assert hourly.occurrences.get().status == "queued"


def _dies(*args: object) -> None:
    raise RuntimeError("kill -9")


def test_a_turn_is_left_out_while_the_one_before_is_open(hourly: Recurrence) -> None:
    take_turn(hourly.pk, turn(hourly, -1))
    for _ in range(2):
        take_turn(hourly.pk, turn(hourly))
    first = hourly.occurrences.get()
    skipped = Record.objects.get(verb="schedule skipped")
    assert f"Operation {first.pk}, of an earlier turn, is still queued" in skipped.outcome
    assert (skipped.actor_kind, skipped.subject) == ("schedule", f"schedule:{hourly.pk}")


def test_a_turn_that_nobody_could_take_in_time_is_left_out(planned: Planned, operator: Person) -> None:
    daily = services.make_recurrence(planned(), operator, "0 3 * * *", "UTC", "shard-1 blue")
    Recurrence.objects.update(made_at=datetime(2026, 1, 1, tzinfo=UTC))
    take_turn(daily.pk, datetime(2026, 2, 1, 9, tzinfo=UTC))
    assert "2026-02-01 03:00 UTC was left out. Nothing could start it" in Record.objects.latest("sequence").outcome
    take_turn(daily.pk, datetime(2026, 2, 2, 2, 59, 55, tzinfo=UTC))
    assert daily.occurrences.get().request_key == f"recurrence:{daily.pk}:2026-02-02T03:00", "by clocks that differ"


def test_another_phrase_stays_planned_and_says_why(hourly: Recurrence, folder: Path) -> None:
    kinds.prepare(folder, colour="red")
    take_turn(hourly.pk, turn(hourly))
    operation = hourly.occurrences.get()
    left = Record.objects.get(verb="operation left planned")
    assert operation.status == "planned" and left.actor_kind == "schedule"
    assert left.outcome.startswith("Type exactly “shard-1 red”")
    assert not Record.objects.filter(verb="operation refused").exists()
    hourly.refresh_from_db()
    assert "stays planned" in hourly.last_outcome


def test_policy_and_freezes_hold_for_schedules_too(hourly: Recurrence, person: MakePerson, approver: Person) -> None:
    admin, now = person("admin"), timezone.now()
    services.set_rule(Risk.LOW, Rule(1), admin)
    take_turn(hourly.pk, turn(hourly, -1))
    waiting = hourly.occurrences.get()
    assert waiting.status == "waiting"
    services.reject(waiting, approver, "Not now.")
    services.make_freeze(admin, "Sale", "Peak.", now, now + HOUR, risks=["low"])
    take_turn(hourly.pk, turn(hourly))
    frozen = hourly.occurrences.latest("id")
    assert frozen.status == "planned" and "Sale" in Record.objects.latest("sequence").outcome


def test_whoever_lost_the_right_plans_nothing_more(hourly: Recurrence, operator: Person) -> None:
    Membership.objects.filter(person=operator).delete()
    take_turn(hourly.pk, turn(hourly))
    assert not hourly.occurrences.exists()
    assert "no longer holds the right" in Record.objects.get(verb="schedule skipped").outcome


def test_it_stands_in_beats_tables_until_it_ends(
    hourly: Recurrence, operator: Person, person: MakePerson, in_fleet: Fleet
) -> None:
    task = PeriodicTask.objects.get(name=f"alpha: schedule:{hourly.pk}")
    assert (task.task, task.args, str(task.crontab.timezone)) == (
        "novaops.operations.tasks.recur",
        f'["alpha", {hourly.pk}]',
        BERLIN,
    )
    with pytest.raises(NotAllowed):
        services.end_recurrence(hourly, person("viewer"))
    services.end_recurrence(hourly, operator)
    assert not PeriodicTask.objects.filter(pk=task.pk).exists() and not CrontabSchedule.objects.exists()
    with pytest.raises(Refused, match="ended it already"):
        services.end_recurrence(hourly, person("admin"))
    tasks.recur(in_fleet.slug, hourly.pk)
    tasks.recur("no-such-fleet", hourly.pk)
    assert not hourly.occurrences.exists()
    assert list(Record.objects.filter(subject=hourly.subject).values_list("verb", flat=True).order_by("sequence")) == [
        "schedule made",
        "operation refused",
        "schedule ended",
        "operation refused",
    ]


def test_what_cannot_recur_is_refused(planned: Planned, operator: Person, person: MakePerson) -> None:
    operation = planned()
    for crontab in ("0 3 * *", "61 * * * *", "0 0 30 2 *"):
        with pytest.raises(Invalid) as wrong:
            services.make_recurrence(operation, operator, crontab, BERLIN, operation.plan.confirm)
        assert set(wrong.value.fields) == {"crontab"}
    with pytest.raises(Refused, match="Type exactly"):
        services.make_recurrence(operation, operator, "0 3 * * *", BERLIN, "yes")
    with pytest.raises(NotAllowed):
        services.make_recurrence(operation, person("approver"), "0 3 * * *", BERLIN, operation.plan.confirm)
    services.cancel(operation, operator)
    with pytest.raises(Refused, match="planned or done"):
        services.make_recurrence(operation, operator, "0 3 * * *", BERLIN, operation.plan.confirm)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 3, 29, 2, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_half_past_two_comes_once_a_day_over_summer_time(after: datetime, expected: datetime) -> None:
    """In spring after the gap, in autumn the first of two: as beat does."""
    assert next_after("30 2 * * *", BERLIN, after) == expected
    assert last_until("30 2 * * *", BERLIN, expected) == expected
    assert last_until("30 2 * * *", BERLIN, expected - timedelta(minutes=1)) != expected


def test_a_turn_whose_message_was_lost_is_found(hourly: Recurrence) -> None:
    due = turn(hourly)
    assert open_turns(hourly.made_at) == []
    assert open_turns(due) == [hourly.pk]
    take_turn(hourly.pk, due)
    assert open_turns(due) == [] and hourly.occurrences.count() == 1


def test_a_paused_one_takes_no_turn_and_makes_none_up(
    hourly: Recurrence, operator: Person, viewer_here: Person
) -> None:
    services.pause_recurrence(hourly, operator)
    take_turn(hourly.pk, turn(hourly))
    assert not hourly.occurrences.exists() and open_turns(turn(hourly)) == []
    for change in (services.pause_recurrence, services.resume_recurrence):
        with pytest.raises(NotAllowed):
            change(hourly, viewer_here)
    with pytest.raises(Refused, match="paused it already"):
        services.pause_recurrence(hourly, operator)
    services.resume_recurrence(hourly, operator)
    take_turn(hourly.pk, turn(hourly))
    assert not hourly.occurrences.exists() and open_turns(turn(hourly)) == []
    take_turn(hourly.pk, turn(hourly, 1))
    assert hourly.occurrences.get().status == "queued"
    with pytest.raises(Refused, match="It is not paused"):
        services.resume_recurrence(hourly, operator)
    services.end_recurrence(hourly, operator)
    with pytest.raises(Refused, match="ended it; make another"):
        services.resume_recurrence(hourly, operator)
    verbs = Record.objects.filter(subject=hourly.subject, verb__startswith="schedule").order_by("sequence")
    assert [one.verb for one in verbs] == ["schedule made", "schedule paused", "schedule resumed", "schedule ended"]


def test_one_that_is_paused_while_it_plans_confirms_nothing(
    hourly: Recurrence, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm = occurrences._confirm

    def pauses_first(recurrence: Recurrence, operation: Operation, due: datetime) -> None:
        services.pause_recurrence(recurrence, operator)
        confirm(recurrence, operation, due)

    monkeypatch.setattr(occurrences, "_confirm", pauses_first)
    take_turn(hourly.pk, turn(hourly))
    hourly.refresh_from_db()
    assert hourly.occurrences.get().status == "planned"
    assert hourly.last_outcome.endswith("It stays planned. Its schedule was paused or ended meanwhile.")
