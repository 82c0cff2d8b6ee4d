"""Changes of a real Redis Cluster through the real runner: a cluster of the test's own, that it may take apart."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation, OperationLock
from novaops.operations.runner import execute
from tests.caching.own_cluster import all_there, done, fill, planned, queued
from tests.conftest import MakePerson
from tests.killing import killed_at, lines_of, places, taken_over
from tests.redis_servers import Node, form, known, servers

pytestmark = pytest.mark.django_db(transaction=True)
WATCHED = ["caching/cluster/"]


@pytest.fixture
def inside(fleet: Fleet) -> Iterator[Fleet]:
    with tenant_context(fleet):
        yield fleet


@pytest.fixture
def nodes(inside: Fleet, tmp_path: Path) -> Iterator[list[Node]]:
    """Three primaries, a replica of the first, and one that knows nobody."""
    with servers(tmp_path, 5) as found:
        form(found[:3], [(found[3], found[0])])
        fill(found)
        yield found


def test_slots_move_with_their_keys_and_move_back(nodes: list[Node], person: MakePerson) -> None:
    before = [node.owned() for node in nodes[:3]]
    operation = done(person, "redis-move-slots", source="own-1", target="own-2", slots=100)
    assert [node.owned() for node in nodes[:3]] == [before[0] - 100, before[1] + 100, before[2]]
    assert all_there(nodes)
    back = services.take_back(operation, person("operator"), "The maintenance is over.")
    assert back.parameters == {"source": "own-2", "target": "own-1", "slots": 100}


def test_a_worker_that_dies_anywhere_in_a_migration_leaves_one_that_is_carried_on(
    nodes: list[Node], person: MakePerson
) -> None:
    def there() -> Operation:
        return queued(person, "redis-move-slots", source="own-1", target="own-2", slots=6)

    lines = lines_of(there(), WATCHED)
    assert lines > 100
    for line in places(lines):
        owned = nodes[0].owned()
        operation = there()
        died = killed_at(line, operation, WATCHED)
        taken_over(operation)
        assert operation.status == Status.DONE, (line, died, operation.outcome)
        assert nodes[0].owned() == owned - 6, f"after dying at line {line}"
        assert sum(node.moving() for node in nodes) == 0, f"slots left open after dying at line {line}"
    assert all_there(nodes)
    assert not OperationLock.objects.exists()


def test_a_move_that_is_cancelled_is_taken_back(
    nodes: list[Node], person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [node.owned() for node in nodes[:3]]
    operation = queued(person, "redis-move-slots", source="own-1", target="own-2", slots=50)
    half = operation.plan.steps[0].arguments["moves"][0]["slots"][0][0]
    by_hand(nodes[0], nodes[1], half)
    assert (nodes[0].moving(), nodes[1].moving()) == (1, 1)
    begun_and_cancelled(operation, person)
    assert [node.owned() for node in nodes[:3]] == before
    assert sum(node.moving() for node in nodes) == 0


def test_a_move_whose_target_died_leaves_no_slot_open(nodes: list[Node], person: MakePerson) -> None:
    owned = nodes[0].owned()
    operation = queued(person, "redis-move-slots", source="own-1", target="own-2", slots=5)
    by_hand(nodes[0], nodes[1], operation.plan.steps[0].arguments["moves"][0]["slots"][0][0])
    nodes[1].kill()
    begun_and_cancelled(operation, person)
    assert (nodes[0].owned(), nodes[0].moving()) == (owned, 0)


def begun_and_cancelled(operation: Operation, person: MakePerson) -> None:
    """By a person, after its worker died in its first step."""
    late = timezone.now() - timedelta(seconds=1)
    operation.steps.filter(index=0).update(status="running", attempts=1)
    Operation.objects.filter(pk=operation.pk).update(status="running", lease_until=late, fencing_token=1)
    operation.refresh_from_db()
    services.cancel(operation, person("operator"))
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == Status.CANCELLED, operation.outcome


def by_hand(source: Node, target: Node, slot: int) -> None:
    """Leaves a slot half-way, as a worker does that dies."""
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.node_id)
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.node_id)


def test_a_slot_on_the_move_refuses_the_next_change(nodes: list[Node], person: MakePerson) -> None:
    by_hand(nodes[0], nodes[1], 5)
    refused = planned(person, "redis-failover", replica="own-4")
    assert refused.status == Status.REFUSED
    assert "On the move already: slot 5 on own-1, slot 5 on own-2." in refused.outcome


def test_a_replica_takes_over_and_the_slots_stay(nodes: list[Node], person: MakePerson) -> None:
    operation = done(person, "redis-failover", replica="own-4")
    assert nodes[3].ask("ROLE")[0] == "master" and nodes[0].ask("ROLE")[0] == "slave"
    assert "own-4 leads" in operation.steps.get(index=0).outcome
    again = planned(person, "redis-failover", replica="own-4")
    assert (again.status, again.outcome) == (Status.DONE, "Nothing to do.")


def test_a_new_node_gets_its_share_and_leaves_again(nodes: list[Node], person: MakePerson) -> None:
    operation = done(person, "redis-add-node", node="own-5", follow="own-2")
    assert nodes[4].ask("ROLE")[0] == "slave" and known(nodes[4]) == 5
    back = services.take_back(operation, person("operator"), "It was a test.")
    assert back.status == Status.PLANNED, back.outcome
    refused = planned(person, "redis-remove-node", node="own-4")
    assert refused.status == Status.REFUSED and "last replica of own-1" in refused.outcome


def test_only_an_empty_stranger_may_join(nodes: list[Node], person: MakePerson) -> None:
    assert "has met 3 other nodes already" in planned(person, "redis-add-node", node="own-4").outcome
    nodes[4].kill()
    assert planned(person, "redis-add-node", node="own-5").status == Status.REFUSED


def test_a_primary_without_slots_is_forgotten(nodes: list[Node], person: MakePerson) -> None:
    done(person, "redis-add-node", node="own-5", follow="own-1")
    operation = done(person, "redis-remove-node", node="own-4")
    assert "Nobody knows own-4" in operation.steps.get(key="forget").outcome
    assert known(nodes[3]) == 1 and all(known(node) == 4 for node in (*nodes[:3], nodes[4]))
    assert all_there(nodes)
