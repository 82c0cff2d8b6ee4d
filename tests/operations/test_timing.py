"""How long a step may take, and how long to wait before the next try."""

import threading

import pytest

from novaops.operations.problems import StepTimeout
from novaops.operations.timing import pause_before, time_limit


def test_a_step_that_hangs_is_interrupted_even_inside_a_broad_except() -> None:
    with pytest.raises(StepTimeout), time_limit(0.05):
        try:
            threading.Event().wait(30)
        except Exception:
            pytest.fail("the interruption was swallowed")


def test_pauses_grow_up_to_a_limit() -> None:
    assert [pause_before(attempt) for attempt in range(2, 9)] == [0.5, 1, 2, 4, 8, 10, 10]
