"""Operations that make many moves, with moves in the console's book alone: what they request, and how they end."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.inventory.models import Shard
from novaops.operations import services
from novaops.operations.contract import Plan
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.moves.parameters import MoveParameters
from shards.outcomes import failed
from shards.placement.models import Placement
from shards.rebalancing import kind_steps
from tests import on_shard
from tests.conftest import MakePerson
from tests.rebalancing.book import MB, begun, fill, on, open_book, place, work
from tests.rebalancing.moving import STUCK, Moving


@pytest.fixture(autouse=True)
def _book(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its connection sees nothing of a test's transaction, and would take the lease for lost.
    monkeypatch.setattr("novaops.operations.heartbeat.LEASE_SECONDS", 3600.0)
    open_book(monkeypatch)


@pytest.fixture
def operator(in_fleet: Fleet, person: MakePerson) -> Person:
    """In a fleet whose shard-1 has all: ten tenants, of 10 to 19 MB."""
    fill(10)
    person("admin")
    return person("operator")


def ended(operation: Operation) -> Operation:
    execute(operation.pk)
    operation.refresh_from_db()
    return operation


def test_a_rebalance_moves_a_few_at_once_and_measures_again(operator: Person) -> None:
    operation = ended(begun(operator, at_once=2, limit_mb=5, way_back_hours=1))
    assert operation.status == "done" and "above its share" in operation.outcome, operation.outcome
    children = list(operation.children.order_by("pk"))
    assert children and {child.status for child in children} == {"done"}
    assert {child.parameters["tenant"] for child in children} == on("shard-2")
    assert children[0].parameters["limit_mb"] == 5 and children[0].parameters["way_back_hours"] == 1
    assert children[0].requested_by == operator and "carries" in children[0].reason
    whys = next(check.evidence["moves"] for check in operation.plan.checks if check.name == "Moves")
    assert len(whys) == len(children) and "more than its share" in whys[0]["why"]


def test_where_no_other_worker_is_its_own_carries_them_out(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_steps, "pause", lambda: None)
    monkeypatch.setattr(kind_steps, "ALONE_SECONDS", 0.0)
    operation = ended(begun(operator, most_moves=2))
    assert operation.status == "done" and len(on("shard-2")) == 2, operation.outcome


def test_nothing_to_do(operator: Person) -> None:
    operation = services.request("rebalance", {"skew_percent": 200}, operator, "To see.")
    assert operation.status == "done" and operation.outcome == "Nothing to do."


def test_wishes_that_exclude_each_other_are_refused(operator: Person) -> None:
    operation = services.request("rebalance", {"pins": "t1=shard-9"}, operator, "To see.")
    assert operation.status == "refused" and "no shard of this fleet" in operation.outcome


def test_one_that_fails_stops_no_other(operator: Person) -> None:
    place(STUCK, 20 * MB)
    operation = ended(begun(operator, pins=f"{STUCK}=shard-2", at_once=1))
    assert operation.status == "done" and "1 of" in operation.outcome, operation.outcome
    assert STUCK not in on("shard-2") and len(on("shard-2")) == operation.children.count() - 1


def test_one_that_brought_too_little_fails_with_the_figures(operator: Person) -> None:
    place(STUCK, 500 * MB)
    Placement.objects.exclude(tenant_id=STUCK).delete()
    place("small", 400 * MB)
    operation = ended(begun(operator, pins=f"{STUCK}=shard-2 small=shard-1", skew_percent=100))
    assert operation.status == "failed" and "was planned" in operation.outcome, operation.outcome


def test_a_worker_that_was_killed_leaves_no_move_twice(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = begun(operator, at_once=3)

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    monkeypatch.setattr(kind_steps, "pause", killed)
    with pytest.raises(Killed):
        execute(operation.pk)
    first = set(operation.children.values_list("pk", flat=True))
    assert len(first) == 3
    monkeypatch.setattr(kind_steps, "pause", work)
    Operation.objects.filter(pk=operation.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert ended(operation).status == "done"
    tenants = [child.parameters["tenant"] for child in operation.children.all()]
    assert first < set(operation.children.values_list("pk", flat=True)) and len(tenants) == len(set(tenants))


def test_a_cancelled_one_requests_no_more_and_lets_those_run(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = begun(operator, at_once=2)

    def cancelled() -> None:
        services.cancel(Operation.objects.get(pk=operation.pk), operator)
        monkeypatch.setattr(kind_steps, "pause", lambda: None)

    monkeypatch.setattr(kind_steps, "pause", cancelled)
    monkeypatch.setattr("novaops.operations.progress.WRITE_EVERY", 0.0)
    assert ended(operation).status == "cancelled"
    assert {child.status for child in operation.children.all()} == {"queued"} and operation.children.count() == 2
    work()
    assert {child.status for child in operation.children.all()} == {"done"}


def test_a_shard_is_emptied_and_goes_offline(operator: Person) -> None:
    operation = begun(operator, "shard-drain", shard="shard-1", at_once=4)
    assert operation.plan.steps[1].arguments["parameters"]["way_back_hours"] == 0
    assert ended(operation).status == "done", operation.outcome
    assert not on("shard-1") and Shard.objects.get(name="shard-1").state == "offline"
    changes = Record.objects.filter(verb="shard state changed").order_by("sequence")
    assert [record.data["after"]["state"] for record in changes] == ["draining", "offline"]


def test_a_shard_that_does_not_become_empty_takes_tenants_again(operator: Person) -> None:
    place(STUCK, MB)
    operation = ended(begun(operator, "shard-drain", shard="shard-1"))
    assert operation.status == "failed" and f"still on shard-1: {STUCK}" in operation.outcome
    assert Shard.objects.get(name="shard-1").state == "active"


def test_a_shard_that_was_opened_closes_again_only_while_nobody_lives_there(operator: Person) -> None:
    operation = begun(operator)
    opened = on_shard.context("shard-2", operation=operation.pk, arguments={"state": "offline"})
    place("early", MB, "shard-2")
    assert "stays as it is" in kind_steps.closed_as_before(opened)
    assert Shard.objects.get(name="shard-2").state == "active"
    Placement.objects.filter(tenant_id="early").delete()
    assert kind_steps.closed_as_before(opened) == "shard-2 is offline."


def test_an_offline_shard_and_one_that_nobody_knows(operator: Person) -> None:
    Shard.objects.filter(name="shard-1").update(state="offline")
    for shard, sentence in (("shard-1", "offline already"), ("shard-9", "no shard shard-9")):
        operation = services.request("shard-drain", {"shard": shard}, operator, "To see.")
        assert operation.status == "refused" and sentence in operation.outcome


def test_a_tenant_waits_while_a_server_is_away(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its move would be refused; nothing is requested before it would not."""
    plan, asked = Moving.plan, itertools.count()
    away = failed("Leader", "No leader of shard-2 answered.")

    def refused_at_first(kind: Moving, *given: Any) -> Plan:
        made = plan(kind, *given)
        return made.model_copy(update={"checks": (away,)}) if next(asked) < 5 else made

    operation = begun(operator)
    monkeypatch.setattr(Moving, "plan", refused_at_first)
    assert ended(operation).status == "done", operation.outcome
    assert {child.status for child in operation.children.all()} == {"done"} and on("shard-2")
    assert operation.lines.filter(text__contains="waits: No leader of shard-2 answered.").exists()


def test_a_move_that_never_began_is_asked_for_again(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fleet was not as planned when a worker took it."""

    plan = Moving.plan

    def late() -> None:
        with monkeypatch.context() as away:
            away.setattr(
                Moving, "plan", lambda *given: plan(*given).model_copy(update={"facts": {"leader": "shard-2-b"}})
            )
            work()
        monkeypatch.setattr(kind_steps, "pause", work)

    monkeypatch.setattr(kind_steps, "pause", late)
    operation = ended(begun(operator, at_once=2, most_moves=3))
    assert operation.status == "done" and "did not come" not in operation.outcome, operation.outcome
    several = operation.children.order_by("pk")
    assert [child.status for child in several] == ["stale", "stale", "done", "done", "done"]
    assert len(on("shard-2")) == 3


def test_a_tenant_that_is_refused_for_good_is_left_out(operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_steps, "PASSES_SECONDS", 0.0)
    plan = Moving.plan
    operation = begun(operator, most_moves=2)
    unlucky = operation.plan.steps[0].arguments["parameters"]["tenant"]

    def refused(kind: Moving, parameters: MoveParameters, *given: Any) -> Plan:
        made = plan(kind, parameters, *given)
        no = (failed("Tables", "It has no key."),) if parameters.tenant == unlucky else ()
        return made.model_copy(update={"checks": no})

    monkeypatch.setattr(Moving, "plan", refused)
    assert ended(operation).status in ("done", "failed") and "1 of 2 moves" in operation.outcome
    assert unlucky not in on("shard-2") and len(on("shard-2")) == 1
