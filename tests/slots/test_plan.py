"""Which slots may be dropped: every refusal says who needs it."""

from typing import Any

import pytest

from novaops.operations.contract import Plan
from shards.dataplane.published import SLOT_PREFIX
from shards.slots.facts import DropFacts, Reader, SlotFacts
from shards.slots.plan import plan_drop

SLOT = SlotFacts(name="feed", kind="logical", plugin="pgoutput", database="d", restart_lsn="0/1", held_bytes=5 * 10**9)
SLOT_OF_STREAM = f"{SLOT_PREFIX}alpha"
READER = Reader(pid=7, user="etl", application="sink", client="10.0.0.1")


def facts(slot: SlotFacts | None = SLOT, **changes: Any) -> DropFacts:
    known: dict[str, Any] = {"server": "a", "shard": "s", "slot": slot, "members": frozenset({"a", "b"})}
    return DropFacts(**(known | changes))


def plan(known: DropFacts, end_reader: bool = False) -> Plan:
    return plan_drop("a", known.slot.name if known.slot else "feed", end_reader, known)


def read(**changes: Any) -> SlotFacts:
    return SLOT.model_copy(update={"reader": READER.model_copy(update=changes)})


def test_a_slot_that_nobody_reads_is_dropped_by_name() -> None:
    made = plan(facts())
    assert made.runnable and made.confirm == "s feed" and made.blast.bytes == 5 * 10**9
    assert "since 0/1" in made.checks[0].reason


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (facts(SLOT.model_copy(update={"name": "b"})), "a member's slot"),
        (facts(permanent=frozenset({"feed"})), "permanent-slot-remove"),
        (facts(members=None), "Patroni did not say"),
        (facts(needed_by="Operation 5 (Move), which is running"), "Operation 5 (Move), which is running needs it"),
        (facts(SLOT.model_copy(update={"temporary": True})), "goes with the session"),
        (facts(read()), "To end it too, say so"),
        (facts(fenced=False), "has no fences yet"),
    ],
)
def test_what_is_somebodys_stays(known: DropFacts, says: str) -> None:
    made = plan(known)
    assert not made.runnable and says in " ".join(check.reason for check in made.refusals)


def test_its_reader_is_ended_where_that_is_asked_for() -> None:
    made = plan(facts(read()), end_reader=True)
    assert made.runnable and "Process 7 (etl, sink, 10.0.0.1) is cut off" in made.blast.summary
    assert "whom a superuser alone may end" in plan(facts(read(superuser=True)), end_reader=True).refusals[0].reason
    streamed = read().model_copy(update={"name": "feed_of_somebody"})
    assert plan(facts(streamed), end_reader=True).runnable


def test_the_change_streams_own_reader_is_never_ended() -> None:
    from_it = read().model_copy(update={"name": SLOT_OF_STREAM})
    assert "tells the caches what changed" in plan(facts(from_it), end_reader=True).refusals[0].reason


def test_a_reader_that_comes_back_leaves_the_plan_as_it_is() -> None:
    first, again = (plan(facts(read(pid=pid)), end_reader=True) for pid in (7, 8))
    assert first.fingerprint == again.fingerprint == plan(facts(), end_reader=True).fingerprint
    assert plan(facts(SLOT.model_copy(update={"plugin": "other"}))).fingerprint != plan(facts()).fingerprint


def test_a_replica_a_silent_server_and_a_slot_that_is_gone() -> None:
    assert "name the leader of s" in plan(facts(slot=None, leads=False)).refusals[0].reason
    assert plan(DropFacts(server="a", problem="a did not answer.")).refusals
    gone = plan(DropFacts(server="a"))
    assert not gone.steps and not gone.refusals and "has no slot feed" in gone.summary
