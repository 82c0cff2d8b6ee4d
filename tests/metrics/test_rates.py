from datetime import UTC, datetime, timedelta

from metrics.rates import growth, per_second, rates_between, ratio, ratio_over, total
from metrics.series import Point, Series, thinned

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(*values: float | None, step: float = 5) -> Series:
    times = tuple(START + timedelta(seconds=step * number) for number in range(len(values)))
    return Series("x", times, values)


def test_a_rate_is_the_growth_between_neighbours() -> None:
    assert per_second(series(0, 10, 30)).values == (None, 2, 4)


def test_a_reset_counts_what_came_since() -> None:
    assert per_second(series(100, 110, 5)).values == (None, 2, 1)
    assert growth(series(100, 110, 5)) == 15


def test_no_rate_across_a_missing_value_or_a_long_silence() -> None:
    assert per_second(series(0, None, 10)).values == (None, None, None)
    assert per_second(series(0, 10, step=3600)).values == (None, None)


def test_ratio_of_now_not_of_a_lifetime() -> None:
    assert ratio(series(1000, 1001, 1001), series(0, 1, 1)).values == (None, 0.5, None)
    assert ratio_over(series(10, 40), series(0, 10)) == (0.75, 40)
    assert ratio_over(series(1), series(1)) == (None, 0)


def test_rates_between_two_samples() -> None:
    later = Point(START + timedelta(seconds=10), {"hits_total": 50.0, "keys": 7.0, "new_total": 1.0})
    assert rates_between(Point(START, {"hits_total": 20.0, "keys": 1.0}), later) == ({"hits_total": 3.0}, 10.0)


def test_a_sum_keeps_going_when_one_is_silent() -> None:
    assert total([series(1, 2, None), series(10, None, None)]).values == (11, 2, None)


def test_thinned_is_the_mean_of_neighbours() -> None:
    assert thinned(series(1, 3, None, 5), 2).values == (2, 5)
