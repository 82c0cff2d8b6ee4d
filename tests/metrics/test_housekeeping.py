from datetime import UTC, datetime, timedelta

import pytest

from metrics.housekeeping import KEEP_RAW, keep_house
from metrics.models import Sample
from novaops.fleets.models import Fleet
from tests.metrics.conftest import server

NOW = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)


@pytest.fixture
def samples(in_fleet: Fleet) -> None:
    one = server("cache", 1)
    for seconds in range(0, 120, 5):
        at = NOW - timedelta(minutes=4) + timedelta(seconds=seconds)
        Sample.objects.create(
            server=one, probe="memcached", at=at, values={"items": seconds, "hits_total": seconds * 2}
        )
    Sample.objects.create(server=one, probe="memcached", at=NOW - KEEP_RAW - timedelta(hours=1), values={"items": 1})


def test_minutes_are_means_and_last_counters(samples: None) -> None:
    assert keep_house(NOW)
    first, second = Sample.objects.filter(width_seconds=60).order_by("at")
    assert first.values == {"items": 27.5, "hits_total": 110} and second.values["hits_total"] == 230


def test_a_second_time_changes_nothing_and_the_old_is_gone(samples: None) -> None:
    keep_house(NOW)
    keep_house(NOW)
    assert Sample.objects.filter(width_seconds=60).count() == 2
    assert Sample.objects.filter(width_seconds=0).count() == 24
