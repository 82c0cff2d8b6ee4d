"""What a router makes of an error, without any server."""

import psycopg
import pytest
from psycopg import errors

from shards.placement.place_cache import PlaceCache
from shards.placement.places import Place, Road
from shards.placement.problems import ReplicaBehind
from shards.placement.tries import Surroundings, Tries

HOME = Place("red", "shard-1", 1)


def tries(readonly: bool = False, within: float = 60.0) -> Tries:
    found = Tries(Surroundings(PlaceCache(60), {"shard-1"}), "red", readonly, within=within)
    found.at(HOME)
    return found


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("gone"),
        psycopg.InternalError("received 2 results from command 'COMMIT'"),  # the answer, and right behind it the end
        errors.ReadOnlySqlTransaction("a replica now"),
        errors.DeadlockDetected("deadlock"),
    ],
)
def test_what_passes_is_tried_again_later_and_later_for_a_while(error: psycopg.Error) -> None:
    patient, longest = tries(), 0.0
    for _ in range(5):
        with patient.trying():
            raise error
        assert patient.pause > longest
        longest = patient.pause * 0.5
    with pytest.raises(type(error)), tries(within=0).trying():
        raise error


@pytest.mark.parametrize(
    "error", [errors.InternalError_("broken"), errors.QueryCanceled("slow"), errors.UniqueViolation()]
)
def test_what_does_not_pass_is_the_callers(error: psycopg.Error) -> None:
    with pytest.raises(type(error)), tries().trying():
        raise error


def test_reads_go_the_other_way_at_once_and_back_after_a_while() -> None:
    reader = tries(readonly=True)
    with reader.trying():
        raise ReplicaBehind("late")
    assert (reader.road, reader.pause) == (Road.PRIMARY, 0.0)
    with reader.trying():
        raise psycopg.OperationalError("gone")
    assert reader.at(HOME)[1] is Road.REPLICA and reader.pause > 0
    with reader.trying():
        raise psycopg.OperationalError("gone too")
    assert reader.at(HOME)[1] is Road.PRIMARY and reader.pause == 0.0
