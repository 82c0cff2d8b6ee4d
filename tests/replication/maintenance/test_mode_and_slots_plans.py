"""Planners of the synchronous mode, permanent slots and pauses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from novaops.operations.contract import Plan
from shards.replication.maintenance.pause import PauseFacts, plan_pause, plan_resume
from shards.replication.maintenance.permanent_slots import (
    PermanentSlotRemove,
    SlotAddParameters,
    SlotParameters,
    plan_add,
    plan_remove,
)
from shards.replication.maintenance.slots_order import SlotFacts, SlotThere
from shards.replication.maintenance.synchronous import Mode, SynchronousMode, plan_synchronous
from tests.replication.maintenance.clusters import LEADER, REPLICA, SYNC, cluster, reasons, refusals, word

UNTIL = datetime(2026, 11, 29, 9, tzinfo=UTC)
DECLARED = {"mine": {"type": "physical"}, "novaops_stream_demo": {"type": "logical"}}


def test_quorum_needs_patroni_4() -> None:
    refused = plan_synchronous(Mode.QUORUM, 1, cluster())
    assert "Quorum commit needs Patroni 4.0 on every member; the oldest here is 3.0.2" in refusals(refused)
    newer = {name: word(version="4.1.0") for name in ("a", "b", "c")}
    plan = plan_synchronous(Mode.QUORUM, 1, cluster(words=newer))
    assert plan.runnable and plan.steps[0].arguments["changes"] == {"synchronous_mode": "quorum"}
    assert plan.steps[-1].arguments["expected"] == 2 and "on 1 of them too" in plan.steps[-1].consequence


@pytest.mark.parametrize("change", [{"tags": {"replicatefrom": "b"}}, {"tags": {"nofailover": True}}, {"state": "x"}])
def test_a_quorum_is_waited_for_without_those_that_are_no_part_of_it(change: dict[str, Any]) -> None:
    newer = {name: word(version="4.1.0") for name in ("a", "b", "c")}
    plan = plan_synchronous(Mode.QUORUM, 1, cluster(LEADER, SYNC, REPLICA.model_copy(update=change), words=newer))
    assert plan.steps[-1].arguments["expected"] == 1


def test_strict_says_when_writes_would_stop() -> None:
    plan = plan_synchronous(Mode.STRICT, 2, cluster())
    assert plan.runnable and "writes stop when one too many is away" in reasons(plan)
    alone = plan_synchronous(Mode.STRICT, 1, cluster(LEADER))
    assert "0 members may be" in refusals(alone)
    assert plan.steps[0].arguments["changes"] == {"synchronous_mode_strict": True, "synchronous_node_count": 2}


def test_what_is_so_already_leaves_nothing_to_do_and_the_inverse_is_what_was() -> None:
    assert not plan_synchronous(Mode.ON, 1, cluster()).steps
    plan = plan_synchronous(Mode.OFF, 1, cluster(synchronous_mode_strict=True, synchronous_node_count=2))
    asked = SynchronousMode.parameters(shard="shard-1", mode=Mode.OFF)
    assert SynchronousMode().inverse(asked, plan) == (
        "synchronous-mode",
        {"shard": "shard-1", "mode": "strict", "nodes": 2},
    )
    assert "may lose commits" in reasons(plan)


def slots(**there: SlotThere) -> SlotFacts:
    return SlotFacts(cluster=cluster(slots=DECLARED), slots=there, databases=("novacron", "postgres"))


def add(slot: str, **more: Any) -> Plan:
    return plan_add(SlotAddParameters(shard="shard-1", slot=slot, **more), slots())


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (add("Mine"), "small letters"),
        (add("b"), "the slot of the member b"),
        (add("mine", type="logical", database="novacron"), "declared already"),
        (add("other", type="logical"), "needs a database"),
        (add("other", type="logical", database="nowhere"), "there are: novacron, postgres"),
    ],
)
def test_a_slot_that_cannot_be_is_refused(plan: Plan, says: str) -> None:
    assert says in refusals(plan)


def test_a_slot_is_declared_and_waited_for() -> None:
    plan = add("other", type="logical", database="novacron")
    assert plan.runnable and [step.key for step in plan.steps] == ["apply", "verify", "made"]
    assert plan.steps[0].arguments["changes"]["slots"]["other"]["plugin"] == "pgoutput"
    assert "restarts each replica once" in reasons(plan)
    assert not add("mine").steps


def remove(slot: str, **there: SlotThere) -> Plan:
    return plan_remove(SlotParameters(shard="shard-1", slot=slot), slots(**there))


def test_a_slot_that_is_in_use_is_not_removed() -> None:
    assert "change stream's" in refusals(remove("novaops_stream_demo"))
    assert "no permanent slot; permanent are: mine, novaops_stream_demo" in refusals(remove("other"))
    active = SlotThere(name="mine", type="physical", active=True)
    assert "stop its reader first" in refusals(remove("mine", mine=active))
    idle = remove("mine", mine=SlotThere(name="mine", type="physical", held=2048))
    assert idle.runnable and "holds 2 KiB" in reasons(idle)
    assert PermanentSlotRemove().inverse(SlotParameters(shard="shard-1", slot="mine"), idle) == (
        "permanent-slot-add",
        {"shard": "shard-1", "slot": "mine", "type": "physical"},
    )


def test_a_pause_names_whose_it_is() -> None:
    fresh = plan_pause(2, PauseFacts(cluster=cluster()))
    assert fresh.runnable and "2 h" in fresh.summary and fresh.confirm == "main pause"
    ours = PauseFacts(cluster=cluster(paused=True), owner="ada", until=UNTIL)
    assert "ada paused it, until" in reasons(plan_resume(ours))
    foreign = PauseFacts(cluster=cluster(LEADER, SYNC, paused=True))
    assert "outside the console" in reasons(plan_pause(1, foreign))
    assert not plan_resume(PauseFacts(cluster=cluster())).steps
