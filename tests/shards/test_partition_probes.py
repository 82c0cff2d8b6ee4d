"""What the catalog's rows say of a partitioned table: coverage, gaps, runway, whatever the key is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shards.partitions.describe import DefaultRows, native
from shards.partitions.facts import KeyKind, PartitionedTable

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def table(key_type: str, *bounds: tuple[str, str], default: bool = False) -> PartitionedTable:
    about = {"schema_name": "public", "name": "t", "strategy": "range", "key": "k", "key_type": key_type, "zone": "UTC"}
    children = [
        _child(f"t_{number}", f"FOR VALUES FROM ({lower}) TO ({upper})") for number, (lower, upper) in enumerate(bounds)
    ]
    return native(about, children + ([_child("t_default", "DEFAULT")] if default else []), NOW, DefaultRows(3, 1), 30)


def _child(name: str, bound: str) -> dict[str, Any]:
    return {"schema_name": "public", "name": name, "bound": bound, "bytes": 1, "rows": 1, "missing_indexes": []}


@pytest.mark.parametrize(
    ("key_type", "november", "december", "january", "kind"),
    [
        ("date", "'2026-11-01'", "'2026-12-01'", "'2027-01-01'", KeyKind.DATE),
        (
            "timestamp with time zone",
            "'2026-11-01 00:00:00+00'",
            "'2026-12-01 00:00:00+00'",
            "'2027-01-01 00:00:00+00'",
            KeyKind.TIMESTAMP,
        ),
        ("integer", "202611", "202612", "202701", KeyKind.YEAR_MONTH),
        ("bigint", "1793491200000", "1796083200000", "1798761600000", KeyKind.EPOCH_MILLISECONDS),
    ],
)
def test_runway_of_any_key(key_type: str, november: str, december: str, january: str, kind: KeyKind) -> None:
    found = table(key_type, (november, december), (december, january))
    assert (found.key_kind, found.ends) == (kind, datetime(2027, 1, 1, tzinfo=UTC))
    assert found.runway_days == 39 and found.interval == "1 month" and found.gaps == ()


def test_a_gap_ends_the_runway() -> None:
    found = table("date", ("'2026-11-01'", "'2026-12-01'"), ("'2027-01-01'", "'2027-02-01'"))
    assert found.runway_days == 8
    assert [(gap.lower, gap.upper) for gap in found.gaps] == [("2026-12-01", "2027-01-01")]


def test_nothing_covers_now() -> None:
    assert table("date", ("'2026-01-01'", "'2026-02-01'")).runway_days == 0


def test_an_open_end_never_runs_out() -> None:
    assert table("date", ("'2026-11-01'", "MAXVALUE")).runway_days is None


def test_default_and_retention() -> None:
    found = table("date", ("'2026-09-01'", "'2026-10-01'"), ("'2026-11-01'", "'2026-12-01'"), default=True)
    assert (found.has_default, found.default_name, found.default_rows, found.default_rows_ahead) == (
        True,
        "t_default",
        3,
        1,
    )
    assert found.past_retention == ("t_0",)
