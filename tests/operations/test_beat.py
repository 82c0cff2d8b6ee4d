"""Beat reads what recurs from the control database, with no more rights than the application has."""

import pytest
from celery import current_app
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from novaops.fleets.models import Person
from novaops.operations import services
from tests.operations.conftest import Planned


@pytest.mark.django_db(transaction=True)
def test_beat_knows_the_rooms_own_entries_and_each_schedule(planned: Planned, operator: Person) -> None:
    operation = planned()
    made = services.make_recurrence(operation, operator, "*/5 * * * *", "Europe/Berlin", operation.plan.confirm)
    schedule = DatabaseScheduler(app=current_app).schedule
    looks = schedule["operations-look-again"]
    assert (looks.task, looks.options["expires"]) == ("novaops.operations.tasks.look_again", 5)
    turn = schedule[f"alpha: {made.subject}"]
    assert (turn.task, turn.args) == ("novaops.operations.tasks.recur", ["alpha", made.pk])
    DatabaseScheduler(app=current_app)
    assert PeriodicTask.objects.filter(task="novaops.operations.tasks.look_again").count() == 1, "a second beat"
