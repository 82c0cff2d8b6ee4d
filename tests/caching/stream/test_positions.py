"""Why a shard's entries are taken for old: whenever changes may have been missed, and only then."""

from dataclasses import replace

import pytest
from django.utils import timezone

from caching.stream import positions
from caching.stream.models import StreamSlot
from caching.stream.positions import Place, gap
from novaops.fleets.models import Fleet
from shards.decoding.slots import SlotState

SLOT = SlotState(False, None, "reserved", "pgoutput", "novacron", confirmed=1000, held_bytes=10, behind_bytes=0)
PLACE = Place("system", 3, SLOT, "road")


def known(**more: object) -> StreamSlot:
    said = {"system_identifier": "system", "timeline": 3, "confirmed_lsn": 1000, "road": "road", **more}
    return StreamSlot(shard="shard-1", begun_at=timezone.now(), **said)


def slot(**more: object) -> Place:
    return replace(PLACE, slot=replace(SLOT, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "forked_at"),
    [
        (PLACE, None),
        (slot(confirmed=400), None),  # it was read further than was confirmed
        (replace(PLACE, timeline=4), 1000),  # a failover that took nothing back
        (replace(PLACE, timeline=4), None),
    ],
)
def test_a_reader_that_goes_on_where_it_was_has_missed_nothing(now: Place, forked_at: int | None) -> None:
    assert gap(known(), now, forked_at) == ""


@pytest.mark.parametrize(
    ("now", "forked_at", "why"),
    [
        (slot(confirmed=1001), None, "stands beyond what was read"),
        (slot(wal_status="lost"), None, "removed WAL"),
        (replace(PLACE, system_identifier="other"), None, "database is another one"),
        (replace(PLACE, road="new"), None, "stream in JetStream"),
        (replace(PLACE, timeline=4), 999, "took back changes"),
    ],
)
def test_whatever_may_have_jumped_over_changes_is_a_gap(now: Place, forked_at: int | None, why: str) -> None:
    assert why in gap(known(), now, forked_at)


def test_the_first_time_is_one() -> None:
    assert "begins" in gap(None, PLACE, None)


def test_what_is_confirmed_is_kept_and_a_beginning_counted(in_fleet: Fleet) -> None:
    positions.begin("shard-1", replace(PLACE, reader="a"), "It begins.")
    assert positions.confirm("shard-1", "a", 2000, owed=True)
    row = positions.known("shard-1")
    assert row is not None and (row.confirmed_lsn, row.owed, row.begun_times) == (2000, True, 1)
    positions.begin("shard-1", slot(confirmed=5000), "Again.")
    row = positions.known("shard-1")
    assert row is not None and (row.confirmed_lsn, row.owed, row.begun_times) == (5000, True, 2)
    assert positions.known("shard-2") is None


def test_a_reader_that_was_replaced_confirms_nothing(in_fleet: Fleet) -> None:
    positions.begin("shard-1", replace(PLACE, reader="a"), "It begins.")
    positions.carry_on("shard-1", replace(PLACE, reader="b"))
    assert not positions.confirm("shard-1", "a", 2000, owed=False)
    assert positions.confirm("shard-1", "b", 1500, owed=True)
    row = positions.known("shard-1")
    assert row is not None and (row.confirmed_lsn, row.owed) == (1500, True)
