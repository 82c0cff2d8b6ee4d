"""The sparkline is pure SVG, keeps gaps, and says its numbers to those who cannot see it."""

from xml.etree import ElementTree

from novaops.ui.sparkline import Box, runs, sparkline


def test_draws_inside_its_box_and_says_its_range() -> None:
    svg = ElementTree.fromstring(sparkline([1, 5, 3], width=80, height=20, label="Lag"))
    assert svg.get("aria-label") == "Lag: lowest 1, highest 5, last 3"
    points = [point for run in runs([1, 5, 3], Box(80, 20), 1, 5) for point in run]
    assert all(0 <= x <= 80 and 0 <= y <= 20 for x, y in points)


def test_a_missing_value_is_a_gap() -> None:
    assert [len(run) for run in runs([1, 2, None, 3, None, None, 4, 5], Box(80, 20), 1, 5)] == [2, 1, 2]


def test_a_steady_value_and_no_values_are_drawn() -> None:
    assert "spark-line" in sparkline([7, 7, 7])
    assert "no values" in sparkline([None, None], label="Lag")
    assert "No values" in sparkline([])


def test_what_comes_from_outside_is_escaped() -> None:
    assert "<b>" not in sparkline([1], label="<b>", tone='"><b>')
