"""Waves over the shards of the live fleet, whose health is asked before and after; what each shard's own operation does
is left to a kind that touches no server."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.operations import registry, services
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.fleetwide import steps
from shards.fleetwide.facts import ShardHealth, unwell
from shards.fleetwide.gather import health
from tests.conftest import MakePerson
from tests.fleetwide.restarting import Restarting
from tests.waiting import wait_for

Begin = Callable[..., Operation]
BOTH = ["shard-1", "shard-2"]


@pytest.fixture
def operator(live_fleet: Fleet, person: MakePerson, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Inside the fleet, when all of its shards are well."""
    # Its connection sees nothing of a test's transaction, and would take the lease for lost.
    monkeypatch.setattr("novaops.operations.heartbeat.LEASE_SECONDS", 3600.0)
    monkeypatch.setattr(steps, "pause", work)
    monkeypatch.setattr(steps, "WELL_SECONDS", 60.0)
    # No pool is paused here, so that none has to be guarded.
    monkeypatch.setattr("shards.pools.pausing.guards.absence", lambda now: "")
    with tenant_context(live_fleet):
        wait_for(lambda: not any(one.paused or unwell(one) for one in health()), "both shards to be well", 120)
        yield person("operator")


@pytest.fixture
def begin(operator: Person, person: MakePerson, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """Confirmed, and past its approval; the shards' own operations fail or are refused where that is said."""

    def begun(*, fails: tuple[str, ...] = (), refuses: tuple[str, ...] = (), **parameters: object) -> Operation:
        kinds = {**registry._kinds, Restarting.name: Restarting(fails, refuses)}
        monkeypatch.setattr(registry, "_kinds", kinds)
        asked = services.request("fleet-restart", {"only_pending": False, **parameters}, operator, "A new setting.")
        assert asked.status == "planned", asked.outcome
        services.confirm(asked, operator, asked.plan.confirm)
        return services.approve(asked, person("approver"))

    return begun


def work() -> None:
    for number in Operation.objects.filter(kind=Restarting.name, status="queued").values_list("pk", flat=True):
        execute(number)


def ended(operation: Operation) -> Operation:
    execute(operation.pk)
    operation.refresh_from_db()
    return operation


def children(operation: Operation) -> list[tuple[str, str]]:
    found = operation.children.order_by("pk")
    return [(child.parameters["shard"], child.status) for child in found]


def test_wave_after_wave_and_all_are_as_well_as_before(begin: Begin, operator: Person) -> None:
    operation = ended(begin())
    assert operation.status == "done", operation.outcome
    assert children(operation) == [(shard, "done") for shard in BOTH]
    child = operation.children.first()
    assert child and child.requested_by == operator and f"Part of operation {operation.pk}." in child.reason
    done = list(operation.steps.order_by("index").values_list("outcome", flat=True))
    assert done[0] == "shard-1: done, and as well as before."


def test_one_that_fails_stops_the_waves_after_it(begin: Begin) -> None:
    operation = ended(begin(fails=("shard-1",)))
    assert operation.status == "failed" and children(operation) == [("shard-1", "failed")]
    child = operation.children.get()
    assert f"shard-1: operation {child.pk} is failed: It does not start." in operation.outcome
    assert "Nothing more was begun: mend that, then request it again" in operation.outcome


def test_those_of_the_same_wave_come_to_their_own_end(begin: Begin) -> None:
    operation = ended(begin(fails=("shard-1",), parallel=2))
    assert operation.status == "failed" and children(operation) == [("shard-1", "failed"), ("shard-2", "done")]


def test_one_that_is_refused_is_named(begin: Begin) -> None:
    operation = ended(begin(refuses=("shard-2",)))
    assert operation.status == "failed", operation.outcome
    assert "shard-2 was not begun: shard-2 is refused." in operation.outcome
    assert children(operation) == [("shard-1", "done"), ("shard-2", "refused")]


def missing_one(one: ShardHealth) -> ShardHealth:
    gone = next(member for member in one.members if not (member.leads or member.synchronous))
    return one.model_copy(update={"members": tuple(member for member in one.members if member is not gone)})


def test_a_shard_that_is_worse_afterwards_stops_all(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a member had not come back."""
    operation = begin()

    def without_one(names: tuple[str, ...]) -> tuple[ShardHealth, ...]:
        if not Operation.objects.filter(parent=operation, status="done").exists():
            return health(names)
        return tuple(missing_one(one) for one in health(names))

    monkeypatch.setattr(steps, "health", without_one)
    monkeypatch.setattr(steps, "WELL_SECONDS", 0.0)
    assert ended(operation).status == "failed"
    assert "shard-1 is worse than before: shard-1-" in operation.outcome and "not in the cluster" in operation.outcome
    assert children(operation) == [("shard-1", "done")]


def test_a_worker_that_was_killed_starts_none_twice(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = begin(parallel=2)

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    monkeypatch.setattr(steps, "pause", killed)
    with pytest.raises(Killed):
        execute(operation.pk)
    first = set(operation.children.values_list("pk", flat=True))
    assert len(first) == 2
    monkeypatch.setattr(steps, "pause", work)
    Operation.objects.filter(pk=operation.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert ended(operation).status == "done", operation.outcome
    assert set(operation.children.values_list("pk", flat=True)) == first


def test_a_cancelled_one_begins_no_more_and_lets_those_run(
    begin: Begin, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = begin()

    def cancelled() -> None:
        services.cancel(Operation.objects.get(pk=operation.pk), operator)
        monkeypatch.setattr(steps, "pause", lambda: None)

    monkeypatch.setattr(steps, "pause", cancelled)
    monkeypatch.setattr("novaops.operations.progress.WRITE_EVERY", 0.0)
    assert ended(operation).status == "cancelled" and children(operation) == [("shard-1", "queued")]
    part = operation.children.get()
    assert operation.outcome.endswith(f"what it had begun comes to its own end: operation {part.pk}.")


def test_where_no_other_worker_is_its_own_carries_them_out(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "pause", lambda: None)
    monkeypatch.setattr(steps, "ALONE_SECONDS", 0.0)
    assert ended(begin()).status == "done"


def test_a_shard_that_another_operation_holds_is_waited_for(begin: Begin, operator: Person, person: MakePerson) -> None:
    operation = begin()
    told = {"shard": "shard-1", "only_pending": False}
    other = services.request("shard-restart", told, operator, "Before it.")
    services.confirm(other, operator, other.plan.confirm)
    services.approve(other, person("approver"))
    assert ended(operation).status == "done", operation.outcome
    assert children(operation) == [(shard, "done") for shard in BOTH]


def test_leaders_are_found_by_server_and_version(operator: Person) -> None:
    """Asks the real Patronis; nothing is carried out."""
    leader = next(one.leader for one in health() if one.shard == "shard-1")
    assert leader and leader.version and leader.version > 150000
    asked = services.request("fleet-drain", {"servers": leader.name}, operator, "Its disk is sick.")
    assert asked.status == "planned", [check.reason for check in asked.plan.checks]
    [child] = asked.plan.steps[0].arguments["children"]
    assert child["shard"] == "shard-1" and child["parameters"]["candidate"] != leader.name
    assert services.request("fleet-drain", {"version_below": "10"}, operator, "To see.").outcome == "Nothing to do."
