"""What is left behind and what is not. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metrics.contract import Severity
from shards.clients.patroni_replies import Cluster, Config
from shards.leftovers.judging import judge
from shards.leftovers.judging_rows import judge_rows, judge_tenants
from shards.leftovers.known import Known, KnownOperation
from shards.leftovers.leftover import Leftover
from shards.leftovers.place import Place
from shards.leftovers.removal.order import children_first
from shards.leftovers.sorts import REMOVING, Sort
from shards.leftovers.traces import (
    FenceTrace,
    HomelessTrace,
    LeftoversFacts,
    PreparedTrace,
    PublicationTrace,
    RowsFacts,
    SchemaTrace,
    SlotTrace,
    SubscriptionTrace,
    TableTrace,
    VmRowsTrace,
)
from shards.marks import Mark
from shards.placement.facts import TenantOnShard, TenantsFacts
from shards.replication.own_slots import patroni_slots, slot_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HERE = "0123456789ab"
RUNS = KnownOperation(7, "Move acme.", "Running", active=True)
ENDED = KnownOperation(8, "Move other.", "Failed", active=False, ended_at=NOW - timedelta(days=3))
KNOWN = Known(console=HERE, newest_token=100, operations={7: RUNS, 8: ENDED}, slots=frozenset({"shard_1_b"}))


def judged(known: Known = KNOWN, **facts: Any) -> tuple[Leftover, ...]:
    return judge(LeftoversFacts(leads=True, **facts), "shard-1", "shard-1-a", known, NOW)


def slot(name: str, **more: Any) -> SlotTrace:
    return SlotTrace(name=name, kind="logical", plugin="pgoutput", **more)


def names(found: tuple[Leftover, ...]) -> list[str]:
    return [one.name for one in found]


def test_slots_in_use_patronis_own_and_temporary_ones_are_none() -> None:
    several = (slot("shard_1_b"), slot("used", active=True), slot("mine", temporary=True), slot("old", held_bytes=5))
    (found,) = judged(slots=several)
    assert found.name == "old" and found.removable and found.place.key == "slot/shard-1//old"


def test_what_a_running_operation_made_belongs_to_it_and_what_an_ended_one_made_is_left() -> None:
    several = (slot("novaops_op7_copy"), slot("novaops_op8_copy"), slot("novaops_op9_copy"))
    found = {one.name: one for one in judged(slots=several)}
    assert found["novaops_op8_copy"].origin == "Operation 8 (Move other), which is failed."
    assert found["novaops_op8_copy"].operation == 8
    assert found["novaops_op9_copy"].origin == "Operation 9, which this console does not know."
    assert "novaops_op7_copy" not in found


def test_without_patronis_word_no_slot_is_offered() -> None:
    (found,) = judged(Known(slots=None), slots=(slot("old"),))
    assert not found.removable and found.refusal == "Patroni did not say which slots are its own."


def test_a_slot_that_a_subscription_is_made_for_waits_for_it() -> None:
    known = Known(slots=frozenset(), readers={"old": "Subscription s of novacron on shard-2"})
    (found,) = judged(known, slots=(slot("old"),))
    assert found.refusal.startswith("Subscription s of novacron on shard-2 reads from it")


def test_members_slots_are_named_as_patroni_names_them() -> None:
    assert (slot_of("shard-1-B"), slot_of("db.1 é")) == ("shard_1_b", "db_1u0032u0233")


def test_ignored_slots_are_patronis_unless_an_operation_made_them() -> None:
    mine = f"novaops_op8_{HERE}_out"
    config = Config.from_response({"slots": {"kept": {}}, "ignore_slots": [{"name": "debezium"}, {"name": mine}, {}]})
    assert patroni_slots(Cluster(), config, ["shard-1-b"]) == {"shard_1_b", "kept", "debezium"}


@pytest.mark.parametrize(
    ("held", "severity"),
    [(1, Severity.INFO), (300 * 1024**2, Severity.WARNING), (2 * 1024**3, Severity.CRITICAL)],
)
def test_the_more_wal_is_held_the_worse(held: int, severity: Severity) -> None:
    assert judged(slots=(slot("old", held_bytes=held),))[0].severity is severity


def test_publications_and_subscriptions() -> None:
    publication = {"database": "d", "owner": "o", "ours": True, "tables": 2}
    subscription = {"database": "d", "owner": "o", "ours": False}
    found = judged(
        publications=(
            PublicationTrace(name="read", readers=1, **publication),
            PublicationTrace(name="unread", readers=0, **publication),
        ),
        subscriptions=(
            SubscriptionTrace(name="works", enabled=True, working=True, **subscription),
            SubscriptionTrace(name="off", enabled=False, working=False, slot="s", **subscription),
            SubscriptionTrace(name="broken", enabled=True, working=False, **subscription),
        ),
    )
    assert sorted(names(found)) == ["broken", "off", "unread"]
    assert {one.refusal for one in found if one.sort is Sort.SUBSCRIPTION} == {
        "Only its owner, o, or a superuser may remove it."
    }


def test_a_prepared_transaction_has_a_moment_and_only_its_owner_ends_it() -> None:
    young, old = NOW - timedelta(minutes=1), NOW - timedelta(hours=1)
    told = {"database": "d", "owner": "app"}
    found = judged(
        prepared=(
            PreparedTrace(gid="young", at=young, ours=True, **told),
            PreparedTrace(gid="ours", at=old, ours=True, xid_age=90_000_000, **told),
            PreparedTrace(gid="theirs", at=old, ours=False, **told),
        )
    )
    assert [(one.name, one.removable) for one in found] == [("ours", True), ("theirs", False)]
    assert found[0].began == old and found[0].cost == (("90\u00a0M", "transactions that VACUUM waits for"),)


def fence(**more: Any) -> FenceTrace:
    known = {"console": HERE, "lock": "shard:shard-1", "token": 50, "operation": 8, "at": NOW - timedelta(days=3)}
    return FenceTrace(**{**known, **more})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (fence(), ""),
        (fence(operation=7, lock="table:x"), ""),
        (fence(lock="table:x"), "It guards table:x for an operation that is long over."),
        (fence(operation=9), "It names an operation that this console does not know."),
        (fence(token=101), "Its token 101 is higher than any that this console gave out (the last is 100)"),
        (fence(console="another"), "Another console has acted on this shard"),
        (fence(console="another", at=NOW), ""),
    ],
)
def test_fences(told: FenceTrace, said: str) -> None:
    found = judged(fences=(told,))
    assert [one.sentence.startswith(said) for one in found] == ([True] if said else [])


def test_a_table_that_an_operation_of_another_console_made_says_so() -> None:
    told = {"database": "d", "schema_name": "public", "owner": "o", "ours": True, "oid": 5, "why": "detached"}
    comment = str(Mark(12, "ba9876543210"))
    (found,) = judged(tables=(TableTrace(name="vms_202401", comment=comment, **told),))
    assert found.sentence == "An operation made it, and it is attached to nothing."
    assert found.origin == "Operation 12 of another console (ba9876543210)."


def test_rows_of_tenants_placed_elsewhere_nowhere_and_here() -> None:
    known = Known(placed={"here": "shard-1", "there": "shard-2", "moves": "shard-2"}, held=frozenset({"tenant:moves"}))
    tenants = TenantsFacts(
        tenants=tuple(TenantOnShard(tenant_id=one, vms=3) for one in ("here", "there", "moves", "no"))
    )
    found = {one.name: one for one in judge_tenants(tenants, "shard-1", "shard-1-a", known)}
    assert set(found) == {"there", "no"}
    assert found["there"].removable and found["there"].identity == {"lives_on": "shard-2"}
    assert found["no"].refusal == "No placement names no: these may be its only rows."


def test_rows_that_the_shard_lists_nobody_for() -> None:
    known = Known(placed={"here": "shard-1"})
    facts = RowsFacts(
        leads=True,
        homeless=tuple(HomelessTrace(tenant_id=one, tables={"vms_hot": 2}) for one in ("here", "gone")),
        schemas=(SchemaTrace(name="t_x", tenant_id="x"), SchemaTrace(name="t_y", tenant_id="y", listed=True)),
        vm_rows=(VmRowsTrace(table="vm_audit", found=5, looked=100, total=1000),),
    )
    found = {one.name: one for one in judge_rows(facts, "shard-1", "shard-1-a", known)}
    assert set(found) == {"gone", "t_x", "vm_audit"}, (
        "a tenant that is placed here and not listed is damage, no leftover"
    )
    assert found["gone"].removable and not found["t_x"].removable
    assert found["vm_audit"].cost == (("about 50", "rows"),) and "outlive its VM" in found["vm_audit"].refusal


@pytest.mark.parametrize("name", ["plain", "a/b c", "ü%", "x" * 200])
def test_a_key_names_one_place(name: str) -> None:
    place = Place(Sort.PREPARED, "shard-1", name, "my/db")
    assert Place.parse(place.key) == place


@pytest.mark.parametrize("key", ["", "slot", "slot/s//", "nothing/s//n", "slot/s/d/n/more"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError):
        Place.parse(key)


def test_every_sort_says_what_removing_does() -> None:
    assert set(REMOVING) == set(Sort)


def test_rows_go_before_those_that_they_refer_to() -> None:
    refers = {"vms": ["users"], "users": ["tenants"], "loop": ["circle"], "circle": ["loop"]}
    assert children_first(["tenants", "users", "vms", "vms_hot"], refers) == ("vms", "vms_hot", "users", "tenants")
    assert set(children_first(["circle", "loop"], refers)) == {"circle", "loop"}
