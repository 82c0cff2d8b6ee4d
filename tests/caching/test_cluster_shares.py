"""A primary joins with slots, and one that owns slots leaves: under traffic, on a cluster of the test's own whose nodes
are set up as Redis is by default, so that a primary without slots follows whoever got the last one."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from caching.cluster import slots
from caching.cluster.live import Live
from novaops.fleets.models import Fleet
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from tests.caching.own_cluster import all_there, done, fill, planned, queued
from tests.caching.own_traffic import Traffic
from tests.conftest import MakePerson
from tests.killing import dies_at
from tests.redis_servers import Node, form, known, servers, streams
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
FEW = 40


@pytest.fixture
def nodes(fleet: Fleet, tmp_path: Path) -> Iterator[list[Node]]:
    """Three primaries, the first with few slots and a replica, and a node that knows nobody."""
    with tenant_context(fleet), servers(tmp_path, 5, migration="yes") as found:
        form(found[:3], [(found[3], found[0])], first_has=FEW)
        fill(found)
        yield found


def test_a_primary_joins_with_slots_and_another_leaves_with_its_own(nodes: list[Node], person: MakePerson) -> None:
    first, *others, replica, newcomer = nodes
    with Traffic(nodes[1:]) as traffic:
        done(person, "redis-add-node", node="own-5", slots=FEW)
        assert newcomer.owned() == FEW
        done(person, "redis-remove-node", node="own-1")
    assert traffic.problems == []
    assert sum(node.owned() for node in (*others, newcomer)) == 16_384
    assert known(first) == 1 and first.link.dbsize() == 0
    assert replica.ask("ROLE")[0] == "slave"
    wait_for(lambda: streams(replica), "the replica to follow another primary")
    assert all_there(nodes[1:])


def test_a_newcomer_leads_its_share_unless_told_otherwise(nodes: list[Node], person: MakePerson) -> None:
    plan = planned(person, "redis-add-node", node="own-5").plan
    assert plan.summary == "own-5 joins the cluster and leads 4,096 hash slots."
    both = planned(person, "redis-add-node", node="own-5", follow="own-2", slots=5)
    assert both.status == Status.REFUSED and "A replica leads no slots" in both.outcome


def test_a_primary_whose_last_slot_went_gets_its_slots_back(nodes: list[Node], person: MakePerson) -> None:
    """It has become a replica of its successor by then."""
    first = nodes[0]
    operation = stopped_before_it_is_forgotten(person)
    wait_for(lambda: first.ask("ROLE")[0] == "slave", "the primary to follow its successor")
    assert first.owned() == 0
    services.cancel(operation, person("operator"))
    execute(operation.pk)
    operation.refresh_from_db()
    assert operation.status == Status.CANCELLED, operation.outcome
    assert (first.ask("ROLE")[0], first.owned(), first.moving()) == ("master", FEW, 0)
    assert all_there(nodes)


def test_an_old_owner_that_follows_already_need_not_be_told(
    nodes: list[Node], person: MakePerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gossip may be quicker than the worker."""
    first, tell, leaving = nodes[0], slots._tell, nodes[0].node_id
    assigned: set[int] = set()

    def late(live: Live, node_id: str, slot: int, owner_id: str) -> None:
        assigned.add(slot)
        if node_id == leaving and len(assigned) == FEW:
            wait_for(lambda: first.ask("ROLE")[0] == "slave", "the primary to follow its successor")
        tell(live, node_id, slot, owner_id)

    monkeypatch.setattr(slots, "_tell", late)
    done(person, "redis-remove-node", node="own-1")
    assert known(first) == 1 and all_there(nodes[1:])


def stopped_before_it_is_forgotten(person: MakePerson) -> Operation:
    """`redis-remove-node own-1`, whose worker is killed when the new owner of the last slot knows it, and before the
    old one is told. Its lease is over."""
    operation = queued(person, "redis-remove-node", node="own-1")
    assert dies_at(0, partial(_until_the_last_slot, operation.pk), [])
    late = timezone.now() - timedelta(seconds=1)
    Operation.objects.filter(pk=operation.pk).update(lease_until=late)
    operation.refresh_from_db()
    return operation


def _until_the_last_slot(operation_id: int) -> None:
    assigned: list[int] = []

    def tell(live: Live, node_id: str, slot: int, owner_id: str) -> None:
        if slot not in assigned:
            assigned.append(slot)
        elif len(assigned) == FEW:
            os.kill(os.getpid(), signal.SIGKILL)
        live.ask(node_id, "CLUSTER", "SETSLOT", slot, "NODE", owner_id)

    slots._tell = tell
    execute(operation_id)
