"""How long writes were away, and what is lost, from samples around a change of leader."""

from datetime import UTC, datetime, timedelta

from metrics.series import Point
from shards.replication.history_measuring import POSITION, WRITTEN, Around, measured

AT = datetime(2026, 11, 29, 3, tzinfo=UTC)


def points(*rows: tuple[float, float | None], position: int = 1000) -> list[Point]:
    """(seconds from the change, rows written until then; None: no answer)."""
    return [
        Point(AT + timedelta(seconds=at), {} if rows is None else {WRITTEN: rows, POSITION: position + at})
        for at, rows in rows
    ]


OLD = points((-14, 100), (-9, 150), (-4, 200), (1, None))
NEW = points((-4, 7), (1, 7), (6, 7), (11, 30), position=990)


def test_the_last_replayed_commit_is_exact_and_the_first_write_lies_between_samples() -> None:
    late = points((1, 7), (26, 7), (31, 30), position=990)
    found = measured(Around(AT, 2000, OLD, late, replayed_at=AT - timedelta(seconds=2)))
    assert found and (found.least, found.most) == (18.0, 33.0)
    assert "last commit that the new leader replayed, 02:59:58.000000 UTC" in found.how
    assert "between 03:00:16 and 03:00:31 UTC, by its counters, which may be ten seconds late" in found.how


def test_a_row_that_is_not_counted_yet_may_be_there_but_not_before_the_promotion() -> None:
    """As it was seen: clients wrote again 18.3 s after the last commit, and a sample 0.7 s later did not count it."""
    promoted = timedelta(seconds=0.8)
    sampled = points((0.7, 7), (5.7, 900), position=990)
    found = measured(Around(AT, 2000, OLD, sampled, replayed_at=AT - timedelta(seconds=18.3)))
    assert found and (found.least, found.most) == (17.8, 24.0)
    at_once = points((-4, 7), (-0.8, 30), position=990)
    found = measured(Around(AT, 2000, OLD, at_once, replayed_at=AT - timedelta(seconds=2)))
    assert found and found.least == found.most == 2.0 - promoted.total_seconds()


def test_without_it_the_old_leaders_samples_bound_it() -> None:
    found = measured(Around(AT, 2000, OLD, NEW))
    assert found and (found.least, found.most) == (0.0, 15.0)
    assert "sampled on the old leader" in found.how


def test_a_commit_of_later_is_not_the_old_leaders() -> None:
    found = measured(Around(AT, 2000, OLD, NEW, replayed_at=AT + timedelta(minutes=3)))
    assert found and found.most == 15.0


def test_it_waits_for_the_first_write_but_not_for_ever() -> None:
    silent = points((1, 7), (6, 7))
    assert measured(Around(AT, 2000, OLD, silent)) is None
    found = measured(Around(AT, 2000, OLD, silent), final=True)
    assert found and found.most is None and "No row was written" in found.how and found.lost_bytes == 0


def test_an_idle_shard_missed_nothing() -> None:
    idle = points((-60, 100), (-55, 150), (-30, 150), (-5, 150))
    found = measured(Around(AT, 2000, idle, NEW))
    assert found and found.most is None and "no write was away" in found.how


def test_bytes_beyond_the_new_timeline_are_lost() -> None:
    found = measured(Around(AT, 900, OLD, NEW))
    assert found and found.lost_bytes == 96 and "At least 96\u00a0B of WAL" in found.lost
    assert "acknowledged" not in found.lost
    synchronous = measured(Around(AT, 900, OLD, NEW, synchronous=True))
    assert synchronous and "none of it was acknowledged" in synchronous.lost
    chosen = measured(Around(AT, 900, OLD, NEW, synchronous=True, named=True))
    assert chosen and "may have been acknowledged, as the failover chose the member" in chosen.lost


def test_what_nobody_saw_is_said() -> None:
    for more, sentence in (
        ({}, "nobody knows how much: the shard is asynchronous"),
        ({"synchronous": True}, "was not acknowledged, as the shard is synchronous"),
        ({"synchronous": True, "named": True}, "the chosen member had not received is lost"),
        ({"planned": True}, "handed over all that it had written"),
    ):
        found = measured(Around(AT, 2000, OLD, NEW, **more))  # type: ignore[arg-type]
        assert found and found.lost_bytes == 0 and sentence in found.lost
    blind = measured(Around(AT, 2000, (), NEW))
    assert blind and blind.lost_bytes is None and blind.most is None
