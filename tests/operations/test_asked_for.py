"""What was asked for is told in the words of its form."""

from typing import Any

import pytest
from pydantic import BaseModel

from caching.flush.parameters import FlushParameters
from novaops.operations.asked_for import Asked, asked_for, in_one_line
from novaops.operations.forms import form_for
from shards.backends.kinds import BackendParameters
from shards.fleetwide.parameters import DrainParameters, RestartParameters
from shards.moves.parameters import MoveParameters
from shards.rebalancing.kinds import Rebalancing
from shards.rebalancing.parameters import Draining, Filling, Options
from shards.replication.maintenance.configure import ConfigureParameters
from shards.replication.maintenance.permanent_slots import SlotAddParameters
from shards.replication.maintenance.rolling import RollingParameters


def told(parameters: type[BaseModel], **given: Any) -> list[tuple[str, str]]:
    return [(one.label, one.value) for one in asked_for(parameters, given)]


def test_numbers_have_their_units_and_what_was_left_empty_is_left_out() -> None:
    given = {
        "pause_limit_ms": 1000,
        "tenant": "acme",
        "target": "shard-2",
        "hours_from": "22:00:00",
        "hours_until": None,
        "time_zone": "UTC",
        "limit_mb": 20.0,
        "way_back_hours": 1,
    }
    assert told(MoveParameters, **given) == [
        ("Tenant", "acme"),
        ("To the shard", "shard-2"),
        ("Way back", "1 hour"),
        ("From", "22:00"),
        ("Time zone", "UTC"),
        ("Longest pause", "1,000 ms"),
        ("At most", "20 MB a second"),
    ]


def test_choices_and_switches_are_words() -> None:
    assert told(Options, measure="writes", skew_percent=12.5) == [
        ("What counts", "Rows written a second"),
        ("Goal", "12.5 %"),
    ]
    assert told(RollingParameters, shard="shard-1", only_pending=False, leave_out="") == [
        ("Shard", "shard-1"),
        ("Only members whose settings wait for it", "No"),
    ]


def test_what_does_not_count_beside_the_others_is_left_out() -> None:
    physical = {"shard": "shard-1", "slot": "s", "type": "physical", "database": "", "plugin": "pgoutput"}
    assert told(SlotAddParameters, **physical)[2:] == [("Type", "Physical")]
    assert told(SlotAddParameters, **{**physical, "type": "logical"})[2:] == [
        ("Type", "Logical"),
        ("Plugin", "pgoutput"),
    ]


def test_a_moment_is_told_in_utc_to_the_microsecond() -> None:
    session = {"server": "shard-1-a", "pid": 1234567, "started": "2026-11-29T08:50:29.123456+01:00"}
    assert told(BackendParameters, **session)[1:] == [
        ("Process", "1234567"),
        ("Began at", "2026-11-29 07:50:29.123456 UTC"),
    ]


def test_a_patch_is_told_by_the_paths_of_its_values() -> None:
    changes = {"ttl": None, "postgresql": {"parameters": {"max_connections": 200}, "use_slots": True}}
    assert told(ConfigureParameters, shard="shard-1", changes=changes)[1:] == [
        ("Changes", "ttl: null, postgresql.parameters.max_connections: 200, postgresql.use_slots: true")
    ]


def test_what_nobody_knows_any_more_is_told_all_the_same() -> None:
    given = {"some_thing": "a", "share": 0.5, "nothing": None}
    assert asked_for(None, given) == (Asked("Some thing", "a", True), Asked("Share", "0.5", True))
    assert in_one_line(asked_for(None, given)) == "Some thing: a; Share: 0.5"


@pytest.mark.parametrize(
    ("parameters", "first", "last"),
    [
        (DrainParameters, "servers", "parallel"),
        (RestartParameters, "shards", "parallel"),
        (MoveParameters, "tenant", "limit_mb"),
        (Options, "measure", "limit_mb"),
        (Draining, "shard", "limit_mb"),
        (Filling, "shard", "limit_mb"),
        (FlushParameters, "scope", "limit"),
    ],
)
def test_a_form_asks_first_what_it_is_about_and_for_limits_last(
    parameters: type[BaseModel], first: str, last: str
) -> None:
    asked = list(parameters.model_fields)
    assert (asked[0], asked[-1]) == (first, last)


def test_a_form_says_what_a_number_is_counted_in() -> None:
    assert form_for(Rebalancing())()["skew_percent"].label == "Goal, %"
