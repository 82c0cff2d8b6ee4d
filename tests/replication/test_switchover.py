"""A switchover of a real shard: the leader moves, the pool follows, and what was not possible changed nothing."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.inventory.selectors import pool_of, targets_of
from novaops.inventory.targets import Target
from novaops.operations import services
from novaops.operations.contract import PermanentProblem, StepContext
from novaops.operations.models import Operation
from novaops.operations.problems import LeaseLost
from novaops.operations.runner import execute
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster
from shards.pools.pausing import measured
from shards.replication.switchover.gather import gather
from shards.replication.switchover.handing_over import leads_already, switch_over
from shards.replication.switchover.order import postmaster, through_pool
from shards.replication.switchover.plan import plan_switchover
from shards.replication.switchover.settling import settle
from tests.pool_guards import guarding
from tests.replication.pool_clients import present, writing
from tests.second_pool import second_pool
from tests.waiting import wait_for

SHARD = "shard-1"
# NOVAOPS_SWITCHOVERS=20 is the long proof.
SWITCHOVERS = int(os.environ.get("NOVAOPS_SWITCHOVERS", "1"))
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shard(live_fleet: Fleet) -> Iterator[str]:
    with tenant_context(live_fleet):
        wait_for(lambda: ready(cluster()), f"{SHARD} with a leader and a synchronous standby")
        with guarding(live_fleet):
            yield SHARD


@pytest.fixture
def pools(shard: str, state: Path) -> Iterator[tuple[Target, ...]]:
    """The sandbox's, which is pointed at each new leader, and one behind an address that follows by itself."""
    with second_pool(state, shard):
        yield targets_of(shard, "pgbouncer")


def cluster() -> Cluster:
    return Patroni(targets_of(SHARD, "patroni")[0]).cluster()


def ready(seen: Cluster) -> bool:
    healthy = all(
        member.healthy and member.timeline == (seen.leader and seen.leader.timeline) for member in seen.members
    )
    return healthy and any(member.synchronous for member in seen.members)


def named(seen: Cluster, *, synchronous: bool) -> str:
    return next(member.name for member in seen.members if not member.leads and member.synchronous is synchronous)


def leader() -> str:
    seen = cluster()
    return seen.leader.name if seen.leader else ""


def order(candidate: str) -> StepContext:
    """A step's context of a plan to make `candidate` the leader, whatever the plan's checks say."""
    facts = gather(SHARD, candidate)
    steps = plan_switchover(SHARD, candidate, facts).steps
    return StepContext(0, 1, steps[1].arguments, lambda done, total, note: None, lambda line: None)


def test_the_leader_moves_and_clients_only_wait(
    shard: str, pools: tuple[Target, ...], operator: Person, approver: Person
) -> None:
    """Eight clients write through the pools all the while: none is refused, and what was acknowledged is there."""
    with writing(pools[0], server(leader()), *pools[1:]) as written:
        for _ in range(SWITCHOVERS):
            old, candidate = leader(), named(cluster(), synchronous=True)
            done = moved(shard, candidate, operator, approver)
            wait_for(lambda: ready(cluster()), "a synchronous standby of the new leader")
    assert [said for _, said in written.errors] == []
    assert len(written.acknowledged) > 8
    assert written.lost(present(pool_of(shard), server(leader()))) == []
    back = services.take_back(done, operator, "Maintenance is over.")
    assert back.takes_back == done and back.parameters == {"shard": shard, "candidate": old, "leave_out": ""}
    assert back.plan.blast.write_pause_ms == measured.usual_ms("switchover", [pool.name for pool in pools])


def moved(shard: str, candidate: str, operator: Person, approver: Person) -> Operation:
    before, old = cluster(), leader()
    asked = services.request("switchover", {"shard": shard, "candidate": candidate}, operator, "Maintenance.")
    assert asked.status == "planned", asked.outcome
    assert asked.plan.confirm == f"{SHARD} {candidate} leader"
    done = carried_out(asked, operator, approver)
    after = cluster()
    assert after.leader and after.leader.name == candidate
    assert (after.leader.timeline or 0) > (before.leader.timeline or 0 if before.leader else 0)
    rejoined = after.member(old)
    assert rejoined and rejoined.healthy and not rejoined.leads
    assert postmaster(*through_pool(pool_of(shard), server(candidate))) == postmaster(server(candidate))
    assert Record.objects.filter(subject=done.subject, verb="operation done").exists()
    assert "Writes had waited for " in done.outcome
    return done


def carried_out(asked: Operation, operator: Person, approver: Person) -> Operation:
    assert services.confirm(asked, operator, asked.plan.confirm).status == "waiting"
    assert services.approve(asked, approver).status == "queued"
    execute(asked.pk)
    done = Operation.objects.get(pk=asked.pk)
    assert done.status == "done", [done.outcome, *done.steps.values_list("key", "status", "outcome", "error")]
    return done


def server(name: str) -> Target:
    return next(target for target in targets_of(SHARD, "postgres") if target.name == name)


def test_it_is_done_already_for_whoever_resumes_it(shard: str, operator: Person) -> None:
    """A worker died right after the leader moved: the next one finds it done, and asks for nothing."""
    seen = cluster()
    assert seen.leader
    old = named(seen, synchronous=True)
    moved: dict[str, object] = {"shard": shard, "cluster": SHARD, "leader": old, "candidate": seen.leader.name}
    moved |= {"timeline": (seen.leader.timeline or 0) - 1, "synchronous_mode": True, "patience_seconds": 18}
    context = StepContext(0, 2, moved, lambda done, total, note: None, lambda line: None)
    assert leads_already(context)
    assert "follows" in settle(context)


def test_an_asynchronous_replica_is_refused_with_the_one_to_choose(shard: str, operator: Person) -> None:
    seen = cluster()
    candidate, better = named(seen, synchronous=False), named(seen, synchronous=True)
    asked = services.request("switchover", {"shard": shard, "candidate": candidate}, operator, "Maintenance.")
    assert asked.status == "refused"
    assert f"choose {better}" in asked.outcome


def test_what_patroni_refuses_fails_with_its_words_and_leaves_the_leader(shard: str) -> None:
    seen, before = cluster(), leader()
    with pytest.raises(PermanentProblem, match=f"Patroni refused, and {before} still leads"):
        switch_over(order(named(seen, synchronous=False)))
    assert leader() == before


def test_a_worker_that_lost_its_operation_asks_patroni_for_nothing(shard: str) -> None:
    def lost() -> None:
        raise LeaseLost

    seen, before = cluster(), leader()
    with pytest.raises(LeaseLost):
        switch_over(replace(order(named(seen, synchronous=True)), hold=lost))
    after = cluster().leader
    assert after and after.name == before and seen.leader and after.timeline == seen.leader.timeline


def test_a_leader_that_leads_already_leaves_nothing_to_do(shard: str, operator: Person) -> None:
    asked = services.request("switchover", {"shard": shard, "candidate": leader()}, operator, "Maintenance.")
    assert (asked.status, asked.outcome) == ("done", "Nothing to do.")


def test_a_shard_that_is_not_there_is_a_sentence(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        assert "No shard named shard-9" in gather("shard-9", "x").problem
