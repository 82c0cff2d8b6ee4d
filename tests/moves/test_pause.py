"""The limit of a pause: what it ends, and what it does not."""

import pytest

from shards.moves.cutover.pause import Pause, PauseTooLong


def test_what_comes_before_the_decision_is_given_up_at_the_limit() -> None:
    pause = Pause(limit=-1)
    pause.begin()
    with pytest.raises(PauseTooLong, match="limit of -1000 ms at “last changes arrive”"):
        pause.spent_on("last changes arrive")


def test_what_is_decided_stays_so_however_long_it_took() -> None:
    pause = Pause(limit=-1)
    pause.begin()
    pause.ended_with("old shard closes")
    assert list(pause.parts) == ["old shard closes"] and pause.milliseconds >= 0
