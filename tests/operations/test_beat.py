"""Beat reads what recurs from the control database, with no more rights than the application has."""

import pytest
from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.beat import Scheduler
from novaops.operations.entries import OWN
from tests.operations.conftest import Planned


@pytest.mark.django_db(transaction=True)
def test_beat_knows_the_rooms_own_entries_and_each_schedule(planned: Planned, operator: Person) -> None:
    operation = planned()
    made = services.make_recurrence(operation, operator, "*/5 * * * *", "Europe/Berlin", operation.plan.confirm)
    schedule = Scheduler(app=current_app).schedule
    looks = schedule["operations-look-again"]
    assert (looks.task, looks.options["expires"]) == ("novaops.operations.tasks.look_again", 5)
    turn = schedule[f"alpha: {made.subject}"]
    assert (turn.task, turn.args) == ("novaops.operations.tasks.recur", ["alpha", made.pk])
    Scheduler(app=current_app)
    assert PeriodicTask.objects.filter(task="novaops.operations.tasks.look_again").count() == 1, "a second beat"


@pytest.mark.django_db(transaction=True)
def test_entries_that_the_console_no_longer_names_go_when_beat_starts(planned: Planned, operator: Person) -> None:
    operation = planned()
    made = services.make_recurrence(operation, operator, "*/5 * * * *", "UTC", operation.plan.confirm)
    every = IntervalSchedule.objects.create(every=60, period="seconds")
    task = {"task": "novaops.operations.tasks.look_again", "interval": every}
    PeriodicTask.objects.create(name="audit-count-stars", description=OWN, **task)
    PeriodicTask.objects.create(name="somebody's own", **task)
    schedule = Scheduler(app=current_app).schedule
    assert "audit-count-stars" not in schedule and "audit-verify" in schedule
    assert not PeriodicTask.objects.filter(name="audit-count-stars").exists()
    assert {"somebody's own", f"alpha: {made.subject}"} <= set(schedule), "what people made stays"
