"""Who sees a transaction, and what is told once more when replicas have it."""

import pytest

from caching.stream import echoes as room
from caching.stream.echoes import Echoes
from caching.stream.followers import WRAP, Seen
from tests.caching.stream.samples import notice


def seen(first: int, following: int, *running: int, replicas: int = 2, replayed: int = 50) -> Seen:
    return Seen(first, following, frozenset(running), replicas, replayed)


def test_a_transaction_is_seen_when_it_runs_no_more() -> None:
    now = seen(100, 110, 100, 105)
    assert [now.sees(xid) for xid in (99, 100, 104, 105, 110)] == [True, False, True, False, False]


def test_numbers_of_32_bits_are_those_next_to_the_present() -> None:
    now = seen(3 * WRAP + 5, 3 * WRAP + 10, 3 * WRAP + 5)
    assert now.sees(WRAP - 1) and now.sees(4) and not now.sees(5) and now.sees(7) and not now.sees(10)


def test_replicas_have_it_when_all_are_there_and_the_last_replayed_it() -> None:
    assert seen(1, 1).all_have(50, 2) and not seen(1, 1).all_have(51, 2) and not seen(1, 1).all_have(1, 3)
    assert seen(1, 1, replicas=0, replayed=0).all_have(99, 0)


def test_what_replicas_lacked_is_told_again_and_kept_by_the_slot_until_then() -> None:
    waiting = Echoes()
    waiting.add([notice("acme", 100, "a"), notice("other", 100, "b")], before=90)
    assert waiting and waiting.before == 90 and list(waiting.due(99)) == []
    again = list(waiting.due(100))
    assert [(one.tenant, one.again) for one in again] == [("acme", True), ("other", True)]
    assert not waiting and waiting.before is None


def test_changes_that_go_on_do_not_put_off_what_waits() -> None:
    waiting = Echoes()
    for lsn in (100, 110, 120):
        waiting.add([notice("acme", lsn, f"vm-{lsn}")], before=lsn - 10)
    [first] = waiting.due(115)
    assert first.vms == ("vm-100",) and waiting.before == 100
    [later] = waiting.due(120)
    assert later.vms == ("vm-110", "vm-120") and not waiting


def test_a_replica_that_stays_away_is_owed_one_notice_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Echoes()
    waiting.add([notice("acme", 100, "a")], before=90)
    waiting.give_way()
    assert not waiting.owed
    monkeypatch.setattr(room, "LONGEST_SECONDS", -1.0)
    waiting.give_way()
    assert waiting.owed and len(waiting) == 0 and waiting.before is None
    waiting.add([notice("acme", 200, "a")], before=190)
    assert waiting.before is None, "the slot is not kept back for what that notice tells of too"
    assert not waiting.settled(300)


def test_what_everybody_is_owed_is_due_when_all_replicas_have_what_was_told_until_they_were_there() -> None:
    waiting = Echoes(owed=True)
    waiting.all_there(200)
    waiting.all_there(210)
    waiting.add([notice("acme", 220, "a")], before=210)
    assert waiting.before == 210, "what comes later waits for itself"
    assert not waiting.settled(199) and waiting.owed
    assert waiting.settled(200) and not waiting.owed and not waiting.settled(201)
    assert [one.lsn for one in waiting.due(220)] == [220] and not waiting
