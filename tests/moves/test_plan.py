"""Plans of moves, from facts alone: each refusal names its cure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from novaops.operations.contract import CheckOutcome, Plan
from shards.moves import planner
from shards.moves.comparing_schemas import differences
from shards.moves.facts import (
    ClusterFacts,
    Difference,
    GateFacts,
    LongTransaction,
    MoveFacts,
    OtherMove,
    TableFacts,
)
from shards.moves.later_facts import LaterFacts
from shards.moves.later_planner import plan_back, plan_finish
from shards.moves.parameters import MoveParameters
from shards.moves.planner import plan_move
from tests.moves.facts import NOW, SERVER, facts, side

PARAMETERS = MoveParameters(tenant="acme", target="shard-2")
LONG = LongTransaction(pid=77, user="app", application="report", query_start=NOW, seconds=300, writes=True)


def plan(found: MoveFacts, **parameters: Any) -> Plan:
    return plan_move(PARAMETERS.model_copy(update=parameters), found)


def reasons(made: Plan, outcome: CheckOutcome) -> str:
    return " ".join(check.reason for check in made.checks if check.outcome is outcome)


def test_a_healthy_move() -> None:
    made = plan(facts())
    assert made.runnable and [step.key for step in made.steps] == list(planner.KEYS[:-1])
    assert made.point_of_no_return == "cutover" and made.confirm == "acme shard-1 shard-2"
    assert (made.blast.rows, made.blast.bytes, made.blast.tenants) == (2_000_000, 600_000_000, 1)
    assert "tenant:acme" in made.blast.targets
    assert made.expected_seconds == planner.expected_seconds(600_000_000, None)
    assert made.steps[0].arguments == {
        "tenant": "acme", "schema_name": "", "source": "shard-1", "target": "shard-2", "epoch": 3, "limit_mb": None,
        "hours_from": None, "hours_until": None, "time_zone": "UTC", "pause_limit_ms": 1000, "way_back_hours": 24,
    }  # fmt: skip


def test_no_way_back_is_a_step_more_and_a_limit_takes_longer() -> None:
    slow = plan(facts(), way_back_hours=0, limit_mb=1.0)
    assert [step.key for step in slow.steps] == list(planner.KEYS)
    assert slow.expected_seconds is not None and slow.expected_seconds > 600


def test_sizes_and_lasting_things_are_no_facts_of_the_fingerprint() -> None:
    bigger = facts(tables=(TableFacts(name="public.vms", key=("tenant_id", "id"), rows=9, bytes=9),))
    assert plan(facts()).facts == plan(bigger).facts
    assert plan(facts()).facts != plan(facts(epoch=4)).facts


DISK = SERVER.model_copy(update={"used_bytes": 8_000_000_000})
REFUSED: list[tuple[MoveFacts, str]] = [
    (facts(problem="The tenant acme is placed on no shard of this fleet."), "placed on no shard"),
    (facts(target={"shard": "shard-1"}), "on shard-1 already: choose another shard"),
    (facts(target={"state": "draining"}), "shard-2 is draining: set it to active"),
    (facts(others=(OtherMove(operation=7, phase="moved", phase_label="Moved"),)), "finish that move, or take it back"),
    (facts(others=(OtherMove(operation=7, phase="copying", phase_label="Copying"),)), "moves acme already .copying."),
    (facts(target={"problem": "No leader of shard-2 answered."}), "No leader of shard-2 answered"),
    (facts(target={"version": 9}), "at 0009, and moves need 0011 .pieces.: run manage.py dataplane migrate"),
    (facts(source={"cluster": ClusterFacts(paused=True)}), "paused on shard-1: resume it"),
    (facts(target={"cluster": ClusterFacts(leader="b", synchronous=True)}), "no synchronous standby now"),
    (facts(source={"cluster": ClusterFacts(problem="No Patroni of shard-1 answered.")}), "No Patroni of shard-1"),
    (facts(source={"server": SERVER.model_copy(update={"wal_level": "replica"})}), "set wal_level to logical"),
    (facts(target={"server": SERVER.model_copy(update={"slots_used": 9})}), "1 of 10 slots are free, 2 are needed"),
    (facts(source={"server": SERVER.model_copy(update={"senders_used": 10})}), "0 of max_wal_senders"),
    (facts(target={"server": SERVER.model_copy(update={"writes_as_replica": False})}), "GRANT SET ON PARAMETER"),
    (facts(target={"server": SERVER.model_copy(update={"encoding": "LATIN1"})}), "UTF8 here, LATIN1 there"),
    (facts(target={"server": SERVER.model_copy(update={"money": "de_DE"})}), "lc_monetary is C here and de_DE"),
    (facts(source={"gate": None}), "shard-1 does not know acme"),
    (facts(source={"gate": GateFacts(state="away", epoch=4, moved_to="shard-3")}), "is away to shard-3, not open"),
    (facts(source={"gate": GateFacts(state="open", epoch=4)}), "at epoch 4, the placement at 3"),
    (facts(target={"gate": GateFacts(state="arriving", epoch=3)}), "its gate arriving: an ended move left it there"),
    (facts(occupied=("public.vms",)), "holds rows of acme already, in public.vms: remove them as leftovers"),
    (facts(target={"server": DISK.model_copy(update={"disk_bytes": 8_700_000_000})}), "are needed: make room there"),
    (facts(source={"long": (LONG,)}), "process 77 of app .report., 5.min old"),
    (facts(tables=()), "nothing that could move"),
    (facts(tables=(TableFacts(name="t", unusable="t has no replica identity."),)), "t has no replica identity"),
    (facts(differences=(Difference(table="vms", what="column name", here="text"),)), "1 objects differ .* column name"),
]


@pytest.mark.parametrize(("found", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_what_refuses_a_move(found: MoveFacts, sentence: str) -> None:
    made = plan(found)
    assert not made.steps and made.refusals and not made.confirm
    assert re.search(sentence, reasons(made, CheckOutcome.FAILED)), reasons(made, CheckOutcome.FAILED)


WARNED: list[tuple[MoveFacts, str]] = [
    (facts(), "How much is free on shard-2-a is unknown"),
    (
        facts(target={"server": DISK.model_copy(update={"disk_bytes": 9_700_000_000})}),
        "fuller than 85% with the tenant",
    ),
    (facts(source={"server": SERVER.model_copy(update={"keep_mb": -1})}), "without limit"),
    (facts(source={"server": SERVER.model_copy(update={"keep_mb": 64})}), "keeps 64.MiB for a slot, less than"),
    (facts(target={"server": SERVER.model_copy(update={"version_number": 160_002})}), "15 here, 16 there"),
    (facts(target={"server": SERVER.model_copy(update={"collation": "de_DE"})}), "may sort in another order"),
    (facts(target={"long": (LONG,)}), "hold up what waits for old snapshots"),
    (facts(source={"cluster": ClusterFacts(leader="a")}), "shard-1 is not in synchronous mode"),
    (facts(differences=(Difference(table="vms", what="index by_name", here="..."),)), "1 indexes differ"),
]


@pytest.mark.parametrize(("found", "sentence"), WARNED, ids=[sentence for _, sentence in WARNED])
def test_what_only_warns(found: MoveFacts, sentence: str) -> None:
    made = plan(found)
    assert made.runnable, reasons(made, CheckOutcome.FAILED)
    assert re.search(sentence, reasons(made, CheckOutcome.WARNED)), reasons(made, CheckOutcome.WARNED)


def test_a_table_that_one_side_lacks_is_one_difference() -> None:
    here = {("vms", "column id"): "uuid", ("vms", "column name"): "text", ("logs", "column id"): "uuid"}
    there = {("vms", "column id"): "uuid", ("vms", "column name"): "varchar", ("extra", "column id"): "uuid"}
    assert differences(here, there) == (
        Difference(table="logs", what="table", here="there"),
        Difference(table="extra", what="table", there="there"),
        Difference(table="vms", what="column name", here="text", there="varchar"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours_from": "22:00"},
        {"hours_from": "22:00", "hours_until": "22:00"},
        {"time_zone": "Mars/Olympus"},
        {"pause_limit_ms": 49},
        {"pause_limit_ms": 5001},
        {"way_back_hours": -1},
        {"limit_mb": 0},
    ],
)
def test_parameters_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MoveParameters.model_validate({"tenant": "acme", "target": "shard-2", **wrong})


def later(**more: Any) -> LaterFacts:
    fields: dict[str, Any] = {
        "operation": 7,
        "tenant": "acme",
        "phase": "moved",
        "phase_label": "Moved, way back open",
        "epoch": 4,
        "way_back_until": NOW + timedelta(hours=3),
        "old": side("shard-1", GateFacts(state="away", epoch=4, moved_to="shard-2")),
        "new": side("shard-2", GateFacts(state="open", epoch=4)),
    }
    return LaterFacts(**{**fields, **more})


def test_taking_back_and_finishing() -> None:
    back, done = plan_back(later(), NOW), plan_finish(later(), NOW)
    assert [step.key for step in back.steps] == ["compare", "cutover", "follow"]
    assert back.steps[0].arguments == {"operation": 7, "tenant": "acme", "epoch": 4, "pause_limit_ms": 1000}
    assert back.confirm == "acme back shard-1" and back.point_of_no_return == "cutover"
    assert [step.key for step in done.steps] == ["finish"] and done.confirm == "acme stays on shard-2"


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (later(problem="Operation 7 has moved no tenant."), "has moved no tenant"),
        (later(phase="finished", phase_label="Finished"), "is finished: no way back is open"),
        (later(way_back_until=datetime(2026, 11, 24, 11, tzinfo=UTC)), "move acme anew instead"),
        (later(new=side("shard-2", GateFacts(state="open", epoch=3))), "not open at epoch 4"),
        (later(old=side("shard-1", GateFacts(state="open", epoch=3))), "is open too"),
        (later(old=side("shard-1", problem="No leader of shard-1 answered.")), "No leader of shard-1"),
    ],
)
def test_when_a_move_cannot_be_taken_back(found: LaterFacts, sentence: str) -> None:
    made = plan_back(found, NOW)
    assert not made.steps and sentence in reasons(made, CheckOutcome.FAILED)


def test_what_has_expired_can_still_be_finished() -> None:
    assert plan_finish(later(way_back_until=NOW - timedelta(hours=1)), NOW).runnable


def test_a_disk_with_room_is_said_to_have_it() -> None:
    roomy = facts(target={"server": DISK.model_copy(update={"disk_bytes": 50_000_000_000})})
    assert re.search("are free on shard-2-a; about 744.MiB are needed", reasons(plan(roomy), CheckOutcome.PASSED))
