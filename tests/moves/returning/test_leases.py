"""A way back is kept by one process at a time, and only as long as it is open."""

from datetime import timedelta

import pytest
from django.utils import timezone

from novaops.fleets.models import Fleet
from shards.moves.models import Move, Phase
from shards.moves.returning.leases import LEASES, claim, held
from tests.moves.operations import done_move
from tests.rebalancing.book import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers(in_fleet: Fleet) -> list[int]:
    """Of two moves whose way back is open, and of one that is finished."""
    fill(0)
    for tenant, phase in (("acme", Phase.MOVED), ("blue", Phase.MOVED), ("red", Phase.FINISHED)):
        done_move(tenant, "shard-1", "shard-2", phase=phase)
    return list(Move.objects.order_by("pk").values_list("pk", flat=True))


def test_two_processes_share_and_a_way_back_that_is_not_open_is_nobodys(numbers: list[int]) -> None:
    assert claim(numbers, "a") == numbers[0]
    assert claim(numbers, "b") == numbers[1]
    assert claim(numbers, "a") is None
    assert held(numbers[0], "a") and not held(numbers[0], "b")


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_learns_of_it(numbers: list[int]) -> None:
    claim(numbers[:1], "a")
    assert LEASES.renew(numbers[0], "a")
    Move.objects.filter(pk=numbers[0]).update(followed_until=timezone.now() - timedelta(seconds=1))
    assert not LEASES.renew(numbers[0], "a") and claim(numbers[:1], "b") == numbers[0]
    LEASES.leave(numbers[0], "a")
    assert held(numbers[0], "b"), "who no longer holds it does not set it free"
    LEASES.leave(numbers[0], "b")
    assert claim(numbers[:1], "c") == numbers[0]


def test_a_way_back_that_is_taken_is_no_longer_given_to_others(numbers: list[int]) -> None:
    Move.objects.filter(pk=numbers[0]).update(phase=Phase.RETURNING)
    assert claim(numbers[:1], "a") is None
