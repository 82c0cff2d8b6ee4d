"""A piece of work has one worker at a time, by a lease that runs out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caching.stream import parts
from caching.stream.models import PartState, StreamPart
from caching.stream.parts import Report
from novaops.fleets.models import Fleet

NAMES = ["invalidator:0", "invalidator:1"]
WORKS = Report(PartState.WORKING, "", {"notices_total": 3.0})


@pytest.fixture
def registered(in_fleet: Fleet) -> None:
    parts.register(NAMES)
    parts.register(NAMES)


def expire(name: str) -> None:
    StreamPart.objects.filter(name=name).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.usefixtures("registered")
def test_two_processes_share_and_neither_takes_what_the_other_holds() -> None:
    assert parts.claim(NAMES, "a") == "invalidator:0"
    assert parts.claim(NAMES, "b") == "invalidator:1"
    assert parts.claim(NAMES, "a") is None


@pytest.mark.usefixtures("registered")
def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_learns_of_it() -> None:
    parts.claim(NAMES[:1], "a")
    assert parts.renew(NAMES[0], "a", WORKS)
    expire(NAMES[0])
    assert parts.claim(NAMES[:1], "b") == NAMES[0]
    assert not parts.renew(NAMES[0], "a", WORKS)
    parts.leave(NAMES[0], "a")
    assert parts.renew(NAMES[0], "b", WORKS), "who no longer holds it does not set it free"


@pytest.mark.usefixtures("registered")
def test_a_report_is_kept_with_the_time_since_when_it_is_so() -> None:
    parts.claim(NAMES[:1], "a")
    parts.renew(NAMES[0], "a", WORKS)
    first = StreamPart.objects.get(name=NAMES[0])
    parts.renew(NAMES[0], "a", WORKS)
    second = StreamPart.objects.get(name=NAMES[0])
    assert second.state_since == first.state_since and second.numbers == {"notices_total": 3.0}
    parts.renew(NAMES[0], "a", Report(PartState.STUCK, "Redis is away."))
    third = StreamPart.objects.get(name=NAMES[0])
    assert third.cause == "Redis is away." and third.state_since is not None and first.state_since is not None
    assert third.state_since >= first.state_since


@pytest.mark.usefixtures("registered")
def test_who_leaves_sets_it_free_at_once() -> None:
    parts.claim(NAMES[:1], "a")
    parts.leave(NAMES[0], "a")
    assert StreamPart.objects.get(name=NAMES[0]).state == PartState.IDLE
    assert parts.claim(NAMES[:1], "b") == NAMES[0]
