"""The numbers on top of the overview."""

from datetime import UTC, datetime, timedelta

from django_tenants.utils import tenant_context

from metrics.selectors import snapshot
from metrics.series import Series
from metrics.tiles import tiles
from novaops.fleets.models import Fleet
from shards.tiles import lately, level, worst

START = datetime(2026, 11, 23, tzinfo=UTC)


def series(*values: float | None) -> Series:
    return Series("s", tuple(START + timedelta(seconds=5 * at) for at in range(len(values))), values)


def test_a_fleet_with_shards_has_their_numbers(seen_fleet: Fleet) -> None:
    with tenant_context(seen_fleet):
        found = {tile.label: tile for tile in tiles(snapshot(), 600)}
    assert list(found) == ["Write rate", "Worst replay lag", "Pool utilisation", "VMs"]
    assert found["Worst replay lag"].value == 0.25
    assert found["Pool utilisation"].value == 0.25
    assert found["Write rate"].value == 0.0
    assert found["VMs"].value is None


def test_the_slowest_decides_and_silence_is_no_zero() -> None:
    assert worst([series(1, None, 3), series(0, 5, None), series(None, None, None)]).values == (1, 5, 3)
    assert worst([]).values == ()
    assert lately(series(None, None)) is None
    assert lately(series(2, None, 4)) == 3


def test_a_level_speaks_only_when_something_is_to_be_said() -> None:
    assert [level(value, 3, 10) for value in (None, 2.9, 3, 10)] == ["", "", "warning", "critical"]
