"""What a shard did by itself: once in the change log however many collectors see it, with who asked for it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.contract import State
from metrics.models import Reading
from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Person
from novaops.inventory.models import Server, Shard
from novaops.inventory.targets import Target
from novaops.operations.choices import Status, StepStatus
from novaops.operations.models import Operation, OperationStep
from shards.clients.patroni_replies import Cluster, Config, Member, Role, TimelineSwitch
from shards.clients.patroni_replies import Status as MemberStatus
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.pools.facts import PgBouncerFacts
from shards.replication import history_servers
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts, PostgresFacts
from shards.replication.history import changes, lsn_text
from shards.replication.history_models import Happening, LeaderSwitch
from shards.replication.history_recording import keep_history
from shards.replication.history_servers import keep_pauses, keep_restarts
from tests.conftest import MakePerson
from tests.replies import said

MEMBER = Target(1, "patroni", "shard-1-a", "127.0.0.1", 1, shard="shard-1", cluster="main")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD = tuple(TimelineSwitch.from_response(entry) for entry in said("patroni-3.0.2/history"))


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_servers, "_seen", {})


def switch(timeline: int, leader: str, at: datetime | None = NOON) -> TimelineSwitch:
    reason = "no recovery target specified"
    return TimelineSwitch(timeline=timeline, lsn=timeline * 2**24, reason=reason, at=at, new_leader=leader)


def see(*history: TimelineSwitch) -> None:
    keep_history(MEMBER, PatroniSettingsFacts(config=Config(), history=history), timezone.now())


def told(verb: str = "") -> list[Record]:
    found = Record.objects.filter(actor_kind="automatic").order_by("sequence")
    return list(found.filter(verb=verb) if verb else found)


def switchover(person: Person, began: datetime, ended: datetime | None, candidate: str = "shard-1-b") -> Operation:
    """As a worker leaves it that asked Patroni at `began`."""
    made = Operation.objects.create(
        kind="switchover",
        title="Switch over",
        risk="high",
        parameters={"shard": "shard-1", "candidate": candidate},
        reason="Maintenance",
        ticket="CHG-7",
        requested_by=person,
        requested_by_name=person.username,
        locks=[["shard", "shard-1"]],
        status=Status.DONE if ended else Status.RUNNING,
        started_at=began - timedelta(seconds=1),
        ended_at=ended,
    )
    OperationStep.objects.create(
        operation=made, index=1, key="switch-over", title="Switch", status=StepStatus.DONE, started_at=began
    )
    return made


def test_recorded_replies_say_who_led_before_and_after() -> None:
    found = list(changes(OLD))
    assert [one.timeline for one in found] == [2, 3, 4, 5, 6, 7, 8]
    assert (found[0].old_leader, found[0].new_leader, found[0].lsn) == ("", "shard-1-a", "0/401A478")
    assert (found[2].old_leader, found[2].new_leader, found[2].verb) == ("shard-1-c", "shard-1-c", "timeline changed")
    assert (
        found[4].sentence("shard-1").startswith("shard-1-b leads shard-1 on timeline 6 since 2026-11-23 14:12:21 UTC")
    )
    assert lsn_text(2**33 + 255) == "2/FF"


def test_an_old_history_is_one_record_with_its_true_times(in_fleet: Fleet) -> None:
    see(*OLD)
    see(*OLD)
    [entry] = told()
    assert (entry.verb, entry.subject, entry.actor) == ("history seen", "shard:shard-1", "patroni")
    assert "7 changes of its leader, the last one at 2026-11-23 14:33:54 UTC. shard-1-b leads it." in entry.outcome
    assert entry.data["changes"][0]["happened_at"] == "2026-11-23T13:38:39.802745Z"


def test_a_change_is_told_once_and_nobody_asked_for_it(in_fleet: Fleet) -> None:
    see(*OLD)
    for _ in range(3):
        see(*OLD, switch(8, "shard-1-c"))
    [_, entry] = told()
    assert entry.verb == "leader changed" and "Nobody asked for it through NovaOps" in entry.outcome
    assert entry.data == {
        "asked_for_by": "nobody",
        "cluster": "main",
        "targets": ["shard:shard-1"],
        "timeline": 9,
        "lsn": "0/8000000",
        "old_leader": "shard-1-b",
        "new_leader": "shard-1-c",
        "patroni_says": "no recovery target specified",
        "happened_at": "2026-11-24T12:00:00.000000Z",
    }
    assert verify().whole


def test_the_first_change_of_all_knows_who_led_at_first(in_fleet: Fleet) -> None:
    cluster = Cluster(members=(Member(name="shard-1-a", role=Role.LEADER, state="running"),))
    shard = Shard.objects.create(name="shard-1", cluster="main", database="novacron")
    server = Server.objects.create(kind="patroni", name="shard-1-a", shard=shard, host="127.0.0.1", port=1)
    facts = PatroniFacts(status=MemberStatus(), cluster=cluster).model_dump(mode="json")
    now = timezone.now()
    Reading.objects.create(server=server, probe="patroni", state=State.OK, facts=facts, good_at=now, due_at=now)
    see()
    see(switch(1, "shard-1-b"), switch(2, "shard-1-c"))
    assert told("history seen")[0].outcome.endswith("no change of its leader. shard-1-a leads it.")
    assert [one.data["old_leader"] for one in told("leader changed")] == ["shard-1-a", "shard-1-b"]


def test_several_changes_at_once_are_told_in_their_order(in_fleet: Fleet) -> None:
    """As after a night without a collector."""
    see()
    see(switch(1, "shard-1-b", NOON), switch(2, "shard-1-a", NOON + timedelta(hours=1)), switch(3, "", None))
    assert [one.data["timeline"] for one in told("leader changed")] == [2, 3, 4]
    assert told()[-1].data["happened_at"] is None and "A member that Patroni does not name" in told()[-1].outcome


def test_a_cluster_made_anew_begins_another_history(in_fleet: Fleet) -> None:
    see(switch(1, "shard-1-b"))
    see(TimelineSwitch(timeline=1, lsn=4242, at=NOON, new_leader="shard-1-c"))
    assert len(told("leader changed")) == 1


@pytest.mark.parametrize(
    ("began", "ended", "ours"),
    [
        (-3, 20, True),
        (-3, None, True),
        (5, 20, True),
        (-60, -8, True),
        (-60, -30, False),
        (30, 60, False),
    ],
)
def test_a_switchover_at_work_at_that_moment_asked_for_it(
    in_fleet: Fleet, person: MakePerson, began: int, ended: int | None, ours: bool
) -> None:
    """Clocks may differ by some seconds."""
    operation = switchover(
        person("operator"), NOON + timedelta(seconds=began), None if ended is None else NOON + timedelta(seconds=ended)
    )
    see()
    see(switch(1, "shard-1-b"))
    entry = told("leader changed")[0]
    assert (entry.data["asked_for_by"] == "operation") is ours and entry.actor == "patroni"
    if ours:
        assert (entry.data["operation"], entry.data["person"]) == (operation.pk, "operator-alpha")
        assert entry.data["ticket"] == "CHG-7" and operation.subject in entry.data["targets"]
        assert f"Operation {operation.pk} of operator-alpha asked for it." in entry.outcome


def test_another_leader_than_was_asked_for_is_not_attributed(in_fleet: Fleet, person: MakePerson) -> None:
    operation = switchover(person("operator"), NOON, None, candidate="shard-1-c")
    see()
    see(switch(1, "shard-1-b"))
    entry = told("leader changed")[0]
    assert entry.data["asked_for_by"] == "nobody"
    assert f"not what operation {operation.pk} of operator-alpha asked for, which wanted shard-1-c" in entry.outcome


def test_a_switchover_of_another_shard_did_not_ask_for_it(in_fleet: Fleet, person: MakePerson) -> None:
    operation = switchover(person("operator"), NOON, None)
    Operation.objects.filter(pk=operation.pk).update(parameters={"shard": "shard-2", "candidate": "shard-1-b"})
    see()
    see(switch(1, "shard-1-b"))
    assert told("leader changed")[0].data["asked_for_by"] == "nobody"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_look", [True, False])
def test_collectors_that_see_it_at_once_tell_it_once(in_fleet: Fleet, first_look: bool) -> None:
    together = threading.Barrier(4)
    if not first_look:
        see(*OLD)

    def collector() -> None:
        with tenant_context(in_fleet):
            together.wait()
            see(*OLD, switch(8, "shard-1-c"))
        connection.close()

    collectors = [threading.Thread(target=collector) for _ in range(4)]
    for thread in collectors:
        thread.start()
    for thread in collectors:
        thread.join()
    assert [one.verb for one in told()] == ["history seen"] + ([] if first_look else ["leader changed"])
    assert verify().whole


def test_a_record_that_cannot_be_written_is_tried_again(in_fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    see()

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("shards.replication.history_recording.record", fail)
        with pytest.raises(ZeroDivisionError):
            see(switch(1, "shard-1-b"))
    assert Happening.objects.count() == 1
    see(switch(1, "shard-1-b"))
    assert len(told("leader changed")) == 1


def postgres(started: datetime, standby: bool = True) -> PostgresFacts:
    return PostgresFacts(
        version="15", version_number=150000, in_recovery=standby, started_at=started, uptime_seconds=1.0
    )


@pytest.fixture
def other_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What it is called with is seen by a collector that remembers nothing."""
    yield lambda: monkeypatch.setattr(history_servers, "_seen", {})


def test_a_restart_is_told_once(in_fleet: Fleet, person: MakePerson, other_process: Any) -> None:
    for started in (NOON, NOON, NOON + timedelta(minutes=1)):
        for _ in range(2):
            other_process()
            keep_restarts(MEMBER, postgres(started), timezone.now())
    other_process()
    keep_restarts(MEMBER, postgres(NOON), timezone.now())
    [entry] = told()
    assert entry.verb == "member restarted" and entry.data["while"] == "nobody"
    assert entry.outcome == "PostgreSQL of shard-1-a started at 2026-11-24 12:01:00 UTC, as a standby."


def test_a_restart_names_the_operation_at_work(in_fleet: Fleet, person: MakePerson) -> None:
    operation = switchover(person("operator"), NOON, NOON + timedelta(seconds=20))
    keep_restarts(MEMBER, postgres(NOON - timedelta(days=3)), timezone.now())
    keep_restarts(MEMBER, postgres(NOON + timedelta(seconds=2)), timezone.now())
    [entry] = told()
    assert entry.data["operation"] == operation.pk and "was at work on shard-1" in entry.outcome


def test_a_pause_of_a_pool_and_its_end(in_fleet: Fleet, other_process: Any) -> None:
    pool = Target(2, "pgbouncer", "shard-1-pool", "127.0.0.1", 1, shard="shard-1")
    for paused in (False, True, True, False):
        other_process()
        databases = (PooledDatabase(name="novacron", paused=paused),)
        keep_pauses(pool, PgBouncerFacts(version="1.18", databases=databases), timezone.now())
    assert [one.verb for one in told()] == ["pool paused", "pool resumed"]
    assert told()[0].data["databases"] == ["novacron"]


def test_an_answer_that_says_the_same_asks_the_database_nothing(
    in_fleet: Fleet, django_assert_num_queries: Any
) -> None:
    keep_restarts(MEMBER, postgres(NOON), timezone.now())
    with django_assert_num_queries(0):
        keep_restarts(MEMBER, postgres(NOON), timezone.now())


@pytest.mark.parametrize(
    ("kind", "parameters", "told"),
    [
        ("failover", {"candidate": "shard-1-b"}, "asked for it"),
        ("failover", {"candidate": "shard-1-c"}, ""),
        ("shard-restart", {}, "restarted what led"),
        ("tenant-move", {}, ""),
        ("switchover-schedule", {"candidate": "shard-1-b", "at": "2026-11-24T12:00:00+00:00"}, "had scheduled it"),
        ("switchover-schedule", {"candidate": "shard-1-b", "at": "2026-11-24T14:00:00+00:00"}, ""),
    ],
)
def test_other_operations_that_lead_to_a_change(
    in_fleet: Fleet, person: MakePerson, kind: str, parameters: dict[str, str], told: str
) -> None:
    ended = NOON - timedelta(minutes=30) if kind == "switchover-schedule" else None
    operation = switchover(person("operator"), NOON - timedelta(hours=1 if ended else 0), ended)
    Operation.objects.filter(pk=operation.pk).update(kind=kind, parameters={"shard": "shard-1", **parameters})
    if kind == "failover":
        operation.steps.update(key="fail-over")
    see()
    see(switch(1, "shard-1-b"))
    row = LeaderSwitch.objects.get()
    assert (row.operation == operation.pk) is bool(told) and told in row.cause


def test_rows_of_an_earlier_version_are_made_up_for(in_fleet: Fleet) -> None:
    see(*OLD)
    LeaderSwitch.objects.all().delete()
    see(*OLD)
    rows = LeaderSwitch.objects.order_by("timeline")
    assert [row.new_leader for row in rows] == [one.new_leader for one in OLD]
    assert all(row.before_watch and row.measured_at for row in rows)
