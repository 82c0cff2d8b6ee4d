"""Numbers as a person reads them."""

from datetime import UTC, datetime, timedelta

import pytest

from novaops.ui import formats


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (0, "0 B"),
        (912, "912 B"),
        (1536, "1.5 KiB"),
        (1023.9 * 1024, "1 MiB"),
        (1_610_612_736, "1.5 GiB"),
        (None, "\u2013"),
    ],
)
def test_bytes(given: object, shown: str) -> None:
    assert formats.human_bytes(given).replace(formats.SPACE, " ") == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0, "0 s"), (0.0000124, "12.4 µs"), (0.0124, "12.4 ms"), (3.42, "3.42 s"), (125, "2 min 5 s"), (90_000, "1 d 1 h"),
     (timedelta(hours=3), "3 h"), (-2, "-2 s"), ("", "\u2013"), ("words", "\u2013")],
)  # fmt: skip
def test_duration(given: object, shown: str) -> None:
    assert formats.duration(given).replace(formats.SPACE, " ") == shown


@pytest.mark.parametrize(
    ("given", "shown"), [(9_999, "9,999"), (12_345, "12.3 k"), (1_234_567, "1.23 M"), (0.5, "0.5"), (True, "\u2013")]
)
def test_compact(given: object, shown: str) -> None:
    assert formats.compact(given).replace(formats.SPACE, " ") == shown


def test_percent_never_rounds_up_to_all() -> None:
    assert formats.percent(0.99996) == f"99.9{formats.SPACE}%"
    assert formats.percent(1) == f"100{formats.SPACE}%"
    assert formats.percent(0.4567) == f"45.7{formats.SPACE}%"


def test_rate_and_number() -> None:
    assert formats.rate(4312.4) == "4,312/s"
    assert formats.number_of("12") == 12
    assert formats.human_number(50_000) == "50,000"


def test_moment_is_in_utc() -> None:
    assert formats.moment(datetime(2026, 11, 23, 13, 5, 9, tzinfo=UTC)) == "2026-11-23 13:05:09 UTC"
