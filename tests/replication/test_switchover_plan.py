"""The planner of a switchover: every refusal is a sentence, and the fingerprint holds only what matters."""

from datetime import UTC, datetime
from typing import Any

import pytest

from novaops.operations.contract import CheckOutcome, Plan
from shards.clients.patroni_replies import Cluster, Config, Member, Role, ScheduledSwitchover
from shards.replication.switchover_facts import ApiFacts, SwitchoverFacts
from shards.replication.switchover_plan import plan_switchover

LEADER = Member(name="a", role=Role.LEADER, state="running", timeline=5)
SYNC = Member(name="b", role=Role.SYNC_STANDBY, state="streaming", timeline=5, lag_bytes=0)
REPLICA = Member(name="c", role=Role.REPLICA, state="streaming", timeline=5, lag_bytes=0)
PLANNED = ScheduledSwitchover(at=datetime(2026, 11, 24, 3, tzinfo=UTC), leader="a", candidate="c")
ANSWERS = ApiFacts(state="running", timeline=5)


def facts(**changes: Any) -> SwitchoverFacts:
    healthy: dict[str, Any] = {
        "scope": "main",
        "asked": "a",
        "cluster": Cluster(members=(LEADER, SYNC, REPLICA)),
        "config": Config(synchronous_mode="on", maximum_lag_on_failover=16 * 1024**2),
        "candidate_api": ANSWERS,
        "leader_api": ANSWERS,
    }
    return SwitchoverFacts(**(healthy | changes))


def members(*listed: Member) -> Cluster:
    return Cluster(members=listed)


def refusals(plan: Plan) -> dict[str, str]:
    return {check.name: check.reason for check in plan.refusals}


def test_a_healthy_cluster_is_switched_over_in_three_steps() -> None:
    plan = plan_switchover("shard-1", "b", facts(tenants=118, connections=64))
    assert plan.runnable
    assert [step.key for step in plan.steps] == ["checkpoint", "switch-over", "settle"]
    assert plan.steps[1].arguments["leader"] == "a"
    assert plan.confirm == "main b leader"
    assert plan.point_of_no_return == "switch-over"
    assert plan.blast.tenants == 118
    assert plan.blast.write_pause_ms


@pytest.mark.parametrize(
    ("changes", "candidate", "check", "says"),
    [
        ({"problem": "No member answered."}, "b", "Patroni answers", "No member answered"),
        ({"cluster": Cluster(members=(LEADER, SYNC), paused=True)}, "b", "Not paused", "paused"),
        ({"cluster": Cluster(members=(SYNC, REPLICA))}, "b", "Leader", "failover, not a switchover"),
        ({"leader_api": ApiFacts(problem="connection refused")}, "b", "Leader", "connection refused"),
        (
            {"cluster": Cluster(members=(LEADER, SYNC), scheduled_switchover=PLANNED)},
            "b",
            "No other switchover",
            "One to c",
        ),
        ({}, "z", "Candidate", "no member of main"),
        ({}, "c", "Synchronous", "choose b"),
        ({"candidate_api": ApiFacts(problem="timed out")}, "b", "Candidate answers", "timed out"),
        ({"candidate_api": ApiFacts(state="running", timeline=5, nofailover=True)}, "b", "May lead", "nofailover"),
    ],
)
def test_each_refusal_says_why(changes: dict[str, Any], candidate: str, check: str, says: str) -> None:
    plan = plan_switchover("shard-1", candidate, facts(**changes))
    assert not plan.runnable
    assert says in refusals(plan)[check]


@pytest.mark.parametrize(
    ("changes", "check", "says"),
    [
        ({"state": "starting"}, "Candidate runs", "starting"),
        ({"timeline": 4}, "Timeline", "timeline 4, the leader on 5"),
        ({"timeline": None}, "Timeline", "not known"),
        ({"lag_bytes": 64 * 1024**2}, "Lag", "64 MiB behind"),
        ({"lag_bytes": None}, "Lag", "does not know"),
        ({"tags": {"nofailover": True}}, "May lead", "nofailover"),
    ],
)
def test_a_candidate_that_is_not_fit_is_refused(changes: dict[str, Any], check: str, says: str) -> None:
    members = (LEADER, SYNC.model_copy(update=changes), REPLICA)
    assert says in refusals(plan_switchover("shard-1", "b", facts(cluster=Cluster(members=members))))[check].replace(
        "\u00a0", " "
    )


def test_nothing_is_done_when_the_candidate_leads_already() -> None:
    plan = plan_switchover("shard-1", "a", facts())
    assert not plan.steps
    assert not plan.refusals
    assert "leads main already" in plan.checks[-1].reason


def test_without_synchronous_mode_any_replica_may_with_a_warning() -> None:
    plan = plan_switchover("shard-1", "c", facts(config=Config()))
    assert plan.runnable
    assert [check.name for check in plan.checks if check.outcome is CheckOutcome.WARNED] == ["Synchronous"]


def test_lag_and_load_leave_the_fingerprint_alone_but_leader_role_and_timeline_do_not() -> None:
    plan = plan_switchover("shard-1", "b", facts())
    later = facts(cluster=members(LEADER, SYNC.model_copy(update={"lag_bytes": 4096})), tenants=9, connections=9)
    assert plan_switchover("shard-1", "b", later).fingerprint == plan.fingerprint
    promoted = facts(
        cluster=members(LEADER.model_copy(update={"timeline": 6}), SYNC.model_copy(update={"timeline": 6}))
    )
    demoted = facts(cluster=members(LEADER, SYNC.model_copy(update={"role": Role.REPLICA})))
    assert plan_switchover("shard-1", "b", promoted).fingerprint != plan.fingerprint
    assert plan_switchover("shard-1", "b", demoted).fingerprint != plan.fingerprint
