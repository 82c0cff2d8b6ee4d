"""What comes next, for each kind of key and each way of naming."""

from datetime import date

import pytest

from shards.partitions.create_facts import Child, TableFacts
from shards.partitions.planner import CannotContinue, Piece, continuation


def table(key_type: str, *children: tuple[str, str, str], default: bool = False, zone: str = "UTC") -> TableFacts:
    made = [
        Child(schema_name="public", name=name, bound=f"FOR VALUES FROM ({low}) TO ({high})")
        for name, low, high in children
    ]
    if default:
        made.append(Child(schema_name="public", name="t_default", bound="DEFAULT"))
    return TableFacts(schema_name="public", name="t", key_type=key_type, children=tuple(made), zone=zone)


def following(facts: TableFacts, count: int = 2, until: date | None = None) -> list[tuple[str, str, str]]:
    return [(piece.name, piece.lower, piece.upper) for piece in continuation(facts).pieces(count, until)]


TZ = "timestamp with time zone"
MONTHS = table(
    TZ,
    ("vms_202610", "'2026-10-01 00:00:00+00'", "'2026-11-01 00:00:00+00'"),
    ("vms_202611", "'2026-11-01 00:00:00+00'", "'2026-12-01 00:00:00+00'"),
    default=True,
)


def test_months_go_over_the_end_of_the_year() -> None:
    assert following(MONTHS) == [
        ("vms_202612", "2026-12-01 00:00:00+00:00", "2027-01-01 00:00:00+00:00"),
        ("vms_202701", "2027-01-01 00:00:00+00:00", "2027-02-01 00:00:00+00:00"),
    ]


def test_until_a_day_makes_as_many_as_it_takes_and_none_when_it_is_covered() -> None:
    assert [name for name, _, _ in following(MONTHS, until=date(2027, 2, 1))] == [
        "vms_202612",
        "vms_202701",
        "vms_202702",
    ]
    assert following(MONTHS, until=date(2026, 11, 30)) == []


def test_days_of_a_date_key() -> None:
    days = table("date", ("log_2026_02_27", "'2026-02-27'", "'2026-02-28'"))
    assert following(days) == [
        ("log_2026_02_28", "2026-02-28", "2026-03-01"),
        ("log_2026_03_01", "2026-03-01", "2026-03-02"),
    ]


def test_weeks_are_named_by_week() -> None:
    weeks = table("date", ("w_2026w47", "'2026-11-16'", "'2026-11-23'"), ("w_2026w48", "'2026-11-23'", "'2026-11-30'"))
    assert following(weeks, 1) == [("w_2026w49", "2026-11-30", "2026-12-07")]


def test_quarters() -> None:
    quarters = table("date", ("q_2026q3", "'2026-07-01'", "'2026-10-01'"), ("q_2026q4", "'2026-10-01'", "'2027-01-01'"))
    assert following(quarters, 1) == [("q_2027q1", "2027-01-01", "2027-04-01")]


def test_hours_are_named_with_their_hour() -> None:
    hours = table(TZ, ("h_20261123_23", "'2026-11-23 23:00:00+00'", "'2026-11-24 00:00:00+00'"))
    assert following(hours, 1) == [("h_20261124_00", "2026-11-24 00:00:00+00:00", "2026-11-24 01:00:00+00:00")]


@pytest.mark.parametrize("end", ["202501", "202413"])
def test_integers_that_are_months(end: str) -> None:
    months = table("integer", ("e_202411", "202411", "202412"), ("e_202412", "202412", end))
    assert following(months) == [("e_202501", "202501", "202502"), ("e_202502", "202502", "202503")]


def test_integers_that_are_days() -> None:
    assert following(table("integer", ("d_20240228", "20240228", "20240229")), 2) == [
        ("d_20240229", "20240229", "20240301"),
        ("d_20240301", "20240301", "20240302"),
    ]


def test_epoch_milliseconds_by_month() -> None:
    january, february = "1704067200000", "1706745600000"
    assert following(table("bigint", ("ms_2024_01", f"'{january}'", f"'{february}'")), 1) == [
        ("ms_2024_02", february, "1709251200000")
    ]


def test_plain_numbers_keep_their_width() -> None:
    numbers = table("bigint", ("ids_0", "'0'", "'1000'"), ("ids_1000", "'1000'", "'2000'"))
    assert following(numbers) == [("ids_2000", "2000", "3000"), ("ids_3000", "3000", "4000")]


def test_months_of_the_databases_own_zone_keep_their_midnight_over_a_change_of_clocks() -> None:
    berlin = table(
        TZ,
        ("b_2026_09", "'2026-09-01 00:00:00+02'", "'2026-10-01 00:00:00+02'"),
        zone="Europe/Berlin",
    )
    assert following(berlin) == [
        ("b_2026_10", "2026-10-01 00:00:00+02:00", "2026-11-01 00:00:00+01:00"),
        ("b_2026_11", "2026-11-01 00:00:00+01:00", "2026-12-01 00:00:00+01:00"),
    ]


def test_an_open_begin_and_a_gap_do_not_stop_it_and_the_gap_is_told() -> None:
    gappy = table(
        "date",
        ("g_old", "MINVALUE", "'2026-01-01'"),
        ("g_2026_01", "'2026-01-01'", "'2026-02-01'"),
        ("g_2026_03", "'2026-03-01'", "'2026-04-01'"),
    )
    going_on = continuation(gappy)
    assert going_on.gaps == (("2026-02-01", "2026-03-01"),)
    assert going_on.pieces(1, None) == (Piece("public", "g_2026_04", "2026-04-01", "2026-05-01"),)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (table("date"), "has no range partition yet"),
        (table("date", ("a", "'2026-01-01'", "MAXVALUE")), "has no upper end"),
        (table("date", ("a", "MINVALUE", "'2026-01-01'")), "their width is not known"),
        (table("date", ("a", "'2026-01-01'", "'infinity'")), "cannot be read"),
        (table("text", ("a", "'a'", "'b'")), "cannot be read"),
    ],
)
def test_what_cannot_be_continued_says_why(facts: TableFacts, reason: str) -> None:
    with pytest.raises(CannotContinue, match=reason):
        continuation(facts)
