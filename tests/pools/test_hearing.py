"""A guard that is idle hears of a pause, and asks as often as before where it cannot hear."""

import threading
from collections.abc import Iterator
from unittest.mock import ANY

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.pools.pausing import hearing, process, records
from shards.pools.pausing.models import PoolPause
from tests.pool_guards import guarding
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
NEVER = 3600.0


@pytest.fixture(autouse=True)
def _in_the_fleet(fleet: Fleet) -> Iterator[None]:
    with tenant_context(fleet):
        yield


def hears(guard: process.Process) -> bool:
    return guard.pause() == process.BEAT_SECONDS


def is_looked_at(pause: PoolPause) -> bool:
    """No such pool is registered: whoever looks at it writes down that it is gone."""
    pause.refresh_from_db()
    return pause.ended_at is not None


def written() -> PoolPause:
    return records.record(7, 1, "nowhere", "primary", 60)


def test_an_idle_guard_is_told_of_a_pause_and_asks_seldom(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarding(fleet) as guard:
        wait_for(lambda: hears(guard), "a guard that hears itself", every=0.05)
        # It beats no more by itself: what it still finds it was told of.
        monkeypatch.setattr(process, "BEAT_SECONDS", NEVER)
        pause = written()
        wait_for(lambda: is_looked_at(pause), "a pause that it was told of", every=0.05)


def test_a_guard_that_cannot_hear_asks_as_before(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a pooled connection: LISTEN succeeds, and nothing ever comes."""
    monkeypatch.setattr(hearing.Hearing, "_hear", lambda self, what: None)
    with guarding(fleet) as guard:
        pause = written()
        wait_for(lambda: is_looked_at(pause), "a pause that it asked for", every=0.05)
        assert guard.pause() == process.TURN_SECONDS


def test_it_hears_again_after_its_connection_was_lost(fleet: Fleet) -> None:
    with guarding(fleet) as guard:
        wait_for(lambda: hears(guard), "a guard that hears itself", every=0.05)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE %s", ["LISTEN %"],
            )  # fmt: skip
            assert cursor.fetchall()
        guard.hearing._heard_at = float("-inf")
        assert guard.pause() == process.TURN_SECONDS
        wait_for(lambda: hears(guard), "a guard that hears itself again", every=0.05)


def test_while_it_holds_a_pause_it_asks_quickly() -> None:
    guard = process.Process()
    guard.hearing._heard_at = float("inf")
    assert guard.pause() == process.BEAT_SECONDS
    guard.memory.held["alpha", 1] = ANY
    assert guard.pause() == process.TURN_SECONDS
    guard.memory.held.clear()
    stop = threading.Event()
    stop.set()
    guard.hearing.rest(stop, NEVER)  # comes back at once
