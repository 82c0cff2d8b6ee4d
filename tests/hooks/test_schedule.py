"""Pauses: long enough for a receiver to come back, over within a day."""

from datetime import UTC, datetime, timedelta

import pytest

from novaops.hooks.schedule import ATTEMPTS, pause_after, rest_after, retry_after

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_pauses_grow_and_end_within_a_day() -> None:
    pauses = [pause_after(attempts, 0.0) for attempts in range(1, ATTEMPTS)]
    found = [pause for pause in pauses if pause]
    assert len(found) == ATTEMPTS - 1 and found == sorted(found)
    assert timedelta(hours=23) < sum(found, timedelta()) < timedelta(hours=24)
    assert pause_after(ATTEMPTS, 0.0) is None and pause_after(ATTEMPTS + 3, 1.0) is None


def test_they_are_spread() -> None:
    assert pause_after(1, 0.0) == timedelta(seconds=5) and pause_after(1, 1.0) == timedelta(seconds=6)


def test_a_receiver_that_asks_for_longer_gets_it() -> None:
    assert pause_after(1, 0.0, 120.0) == rest_after(1, 120.0) == timedelta(seconds=120)
    assert pause_after(5, 0.0, 120.0) == timedelta(minutes=30)


def test_a_rest_is_a_minute_at_most() -> None:
    rests = [rest_after(failures).total_seconds() for failures in (1, 2, 3, 4, 5, 1000)]
    assert rests == [5, 10, 20, 40, 60, 60]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 24 Nov 2026 12:05:00 GMT", 300),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("99999999999999999999", 3600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after_in_both_forms_and_within_bounds(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds
