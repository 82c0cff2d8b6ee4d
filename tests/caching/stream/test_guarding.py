"""Workers look at the slots from outside, again and again."""

import pytest
from django_tenants.utils import tenant_context

from caching.stream.guarding import guard
from novaops.celery import app
from novaops.fleets.models import Fleet


def test_every_task_that_beat_sends_is_one_that_workers_know() -> None:
    app.loader.import_default_modules()
    sent = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "caching.tasks.guard_slots" in sent and sent <= set(app.tasks)


@pytest.mark.django_db
def test_a_fleet_whose_stream_has_not_begun_is_left_alone(fleet: Fleet) -> None:
    with tenant_context(fleet):
        guard(fleet)
