"""What takes longer, once on a real shard: pytest tests/replication/maintenance/shards_in_maintenance.py."""

import pytest

from novaops.fleets.models import Person
from novaops.operations import services
from novaops.operations.models import Operation
from novaops.sandbox.control import Client
from shards.replication.maintenance import live
from shards.replication.maintenance.slots_order import gather
from tests.replication.maintenance.carrying import SHARD, carried, ready, replica, taken_back
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_asynchronous_replica_is_built_anew(shard: str, operator: Person, approver: Person) -> None:
    done = carried("member-reinitialise", {"member": replica(ready()).name}, operator, approver)
    assert "streams again" in done.outcome


def test_two_standbys_and_back_to_one(shard: str, operator: Person, approver: Person) -> None:
    done = carried("synchronous-mode", {"mode": "on", "nodes": 2}, operator, approver)
    assert len([one for one in live.read(shard).cluster.members if one.synchronous]) == 2
    taken_back(done, operator, approver)
    assert len([one for one in live.read(shard).cluster.members if one.synchronous]) == 1


def test_a_permanent_slot_comes_and_goes(shard: str, operator: Person, approver: Person) -> None:
    done = carried("permanent-slot-add", {"slot": "novaops_tests", "type": "physical"}, operator, approver)
    assert gather(shard).slots["novaops_tests"].type == "physical"
    taken_back(done, operator, approver)
    assert "novaops_tests" not in gather(shard).slots


def test_a_shard_restarts_member_by_member(shard: str, operator: Person, approver: Person) -> None:
    before = ready()
    done = carried("shard-restart", {"only_pending": False}, operator, approver)
    after = ready()
    for member in before.cluster.members:
        assert after.word(member.name).status.started_at != before.word(member.name).status.started_at
    kinds = list(done.children.order_by("id").values_list("kind", "status"))
    assert kinds[:3] == [("member-restart", "done"), ("member-restart", "done"), ("switchover", "done")]
    assert before.leader and after.leader and after.leader.name != before.leader.name


def test_a_leader_that_died_is_failed_over(shard: str, operator: Person, approver: Person, restored: Client) -> None:
    """Patroni is paused, so that it elects nobody by itself."""
    before = ready()
    assert before.leader
    candidate, other = replica(before, synchronous=True).name, replica(before).name
    refused = services.request("failover", {"shard": shard, "candidate": candidate}, operator, "To see.")
    assert refused.status == "refused" and "switch over instead" in refused.outcome
    paused = carried("failover-pause", {"hours": 1}, operator, approver)
    restored.pause(before.leader.name)
    try:
        wait_for(lambda: live.read(shard).leader is None, "the leader key to end", 90)
        worse = services.request("failover", {"shard": shard, "candidate": other}, operator, "To see.")
        assert worse.status == "planned"
        done = carried("failover", {"candidate": candidate}, operator, approver)
        assert f"{candidate} leads" in done.steps.get(key="fail-over").outcome
        found = live.read(shard).healthy_leader
        assert found and found.name == candidate
    finally:
        restored.resume(before.leader.name)
        taken_back(paused, operator, approver)
    assert Operation.objects.get(pk=done.pk).plan.confirm == f"{SHARD} {candidate} failover"
