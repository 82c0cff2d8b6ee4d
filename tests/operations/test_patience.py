"""Asking for a limited time: also in a process that was forked from one that has asked before."""

from threading import Event

import pytest

from novaops.fleets.models import Fleet
from novaops.operations.patience import Askers
from tests import killing

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fork_asks_with_threads_of_its_own(fleet: Fleet) -> None:
    askers = Askers("test", 2)
    assert askers.within(20.0, lambda: 7) == 7
    assert killing.ended(killing.begun(lambda: askers.within(20.0, lambda: 7))) == 0


def test_whoever_does_not_answer_in_time_is_not_waited_for(fleet: Fleet) -> None:
    ends = Event()
    with pytest.raises(TimeoutError):
        Askers("test", 1).within(0.01, ends.wait)
    ends.set()
