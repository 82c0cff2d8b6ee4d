"""When a switchover is given up: only when it is certain that it did not happen, and with Patroni's own words."""

from concurrent.futures import Future

import pytest

from novaops.operations.contract import PermanentProblem
from shards.exceptions import NoAnswer, Refused
from shards.replication.switchover.handing_over import _stop_when_it_failed
from shards.replication.switchover.order import Situation
from tests.replication.test_situation import ORDER, led_by

LOST = NoAnswer("It answered 503: Switchover failed The outcome is not known yet.")


def answer(problem: Exception | None = None, *, done: bool = True) -> Future[str]:
    future: Future[str] = Future()
    if done and problem:
        future.set_exception(problem)
    elif done:
        future.set_result("Successfully switched over")
    return future


@pytest.mark.parametrize(
    ("now", "said", "unchanged_for"),
    [
        (Situation.UNCHANGED, answer(done=False), 100.0),
        (Situation.UNCHANGED, answer(LOST), 17.0),
        (Situation.CHANGING, answer(LOST), 0.0),
        (Situation.UNKNOWN, answer(Refused("It answered 412: no", status=412)), 0.0),
    ],
)
def test_an_uncertain_outcome_is_waited_for(now: Situation, said: Future[str], unchanged_for: float) -> None:
    _stop_when_it_failed(ORDER, led_by("a", 7), now, said, unchanged_for)


@pytest.mark.parametrize(
    ("leader", "now", "said", "unchanged_for", "sentence"),
    [
        (
            "a",
            Situation.UNCHANGED,
            answer(LOST),
            19.0,
            "a still leads s, for 19 s after Patroni was asked. .* Patroni.s log on a says why",
        ),
        ("a", Situation.UNCHANGED, answer(Refused("It answered 412: no", status=412)), 0.0, "Patroni refused, and a"),
        ("c", Situation.ELSEWHERE, answer(LOST), 0.0, "c leads s now, not b"),
    ],
)
def test_a_certain_failure_says_who_leads(
    leader: str, now: Situation, said: Future[str], unchanged_for: float, sentence: str
) -> None:
    with pytest.raises(PermanentProblem, match=sentence):
        _stop_when_it_failed(ORDER, led_by(leader, 7), now, said, unchanged_for)
