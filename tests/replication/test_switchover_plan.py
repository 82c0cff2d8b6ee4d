"""The planner of a switchover: every refusal is a sentence, and the fingerprint holds only what matters."""

from datetime import UTC, datetime
from typing import Any

import pytest

from novaops.operations.contract import CheckOutcome, Plan
from shards.clients.patroni_replies import Cluster, Config, Member, Role, ScheduledSwitchover
from shards.replication.files import FilesFacts
from shards.replication.switchover.facts import AddressFacts, ApiFacts, LeaderWork, PoolFacts, SwitchoverFacts
from shards.replication.switchover.plan import plan_switchover
from tests.replies import said

LEADER = Member(name="a", role=Role.LEADER, state="running", timeline=5)
SYNC = Member(name="b", role=Role.SYNC_STANDBY, state="streaming", timeline=5, lag_bytes=0)
REPLICA = Member(name="c", role=Role.REPLICA, state="streaming", timeline=5, lag_bytes=0)
PLANNED = ScheduledSwitchover(at=datetime(2026, 11, 24, 3, tzinfo=UTC), leader="a", candidate="c")
ANSWERS = ApiFacts(state="running", timeline=5)

KEPT = FilesFacts(checksums=True, checksum_failures=0, used_bytes=50, disk_bytes=100)
POOL = PoolFacts(name="p", databases=("primary",), wait_seconds=30)


def facts(**changes: Any) -> SwitchoverFacts:
    healthy: dict[str, Any] = {
        "scope": "main",
        "asked": "a",
        "cluster": Cluster(members=(LEADER, SYNC, REPLICA)),
        "config": Config(synchronous_mode="on", maximum_lag_on_failover=16 * 1024**2),
        "candidate_api": ANSWERS,
        "leader_api": ANSWERS,
        "pools": (POOL,),
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
        ({"config": Config(follows="far:5432")}, "b", "Takes writes", "standby cluster of far:5432"),
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
        ({"pools": (PoolFacts(name="p", problem="No answer within 3 s."),)}, "b", "Pools", "p does not answer"),
        ({"address": AddressFacts(name="vip:1", problem="No answer within 2 s.")}, "b", "Address", "leave it out"),
        (
            {"address": AddressFacts(name="vip:1", astray="leads to another server")},
            "b",
            "Address",
            "than a. It does not",
        ),
        ({"unknown_roads": ("q",)}, "b", "Leave out", "q cannot be left out: main has no such pool. There: p."),
        ({"guard_absent": "No guard of pool pauses runs."}, "b", "Pool guard", "No guard"),
        ({"work": LeaderWork(base_backups=1)}, "b", "No base backup", "1 base backups run"),
        (
            {
                "leader_api": ApiFacts(system_identifier="1"),
                "candidate_api": ApiFacts(system_identifier="2"),
            },
            "b",
            "Same system",
            "another database system",
        ),
        ({"candidate_api": ApiFacts(state="running", timeline=5, nofailover=True)}, "b", "May lead", "nofailover"),
        ({"config": Config(synchronous_mode="quorum")}, "c", "Synchronous", "not in its quorum (that is b)"),
        ({"files": {"b": FilesFacts(full="No space left on device.")}}, "b", "Disk", "disk of b is full: No space"),
        ({"files": {"b": KEPT.model_copy(update={"used_bytes": 96})}}, "b", "Disk", "b has filled 96%"),
        (
            {"files": {"b": KEPT.model_copy(update={"checksum_failures": 3})}},
            "b",
            "Data checksums",
            "3 checksum failures were counted on b",
        ),
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


@pytest.mark.parametrize(
    ("changes", "check", "says"),
    [
        ({"pools": ()}, "Pools", "No pool stands in front of main"),
        ({"pools": (PoolFacts(name="p", problem="Nothing listens there.", absent=True),)}, "Pools", "p is left out"),
        (
            {"pools": (PoolFacts(name="p", problem="No answer.", left_out=True),)},
            "Pools",
            "p is left out, as was asked",
        ),
        ({"pools": (POOL.model_copy(update={"left_out": True}),)}, "Pools", "It answers, but is not paused"),
        ({"pools": (POOL.model_copy(update={"astray": "leads to c"}),)}, "Where pools lead", "p leads to c."),
        ({"pools": (POOL.model_copy(update={"processes_share_port": True}),)}, "One process", "so_reuseport"),
        ({"address": AddressFacts(name="vip:1", left_out=True)}, "Address", "nobody looks whether it follows"),
        ({"work": LeaderWork(lost_slots=("cdc",))}, "Logical slots", "cdc"),
        ({"work": LeaderWork(longest_seconds=12, longest_application="report")}, "Short transactions", "of report"),
        ({"ways_back": ("t-1",)}, "Ways back", "of t-1"),
        (
            {"leader_api": ApiFacts(server_version=150018), "candidate_api": ApiFacts(server_version=150017)},
            "PostgreSQL",
            "older",
        ),
        ({"candidate_api": ApiFacts(pending_restart=True)}, "Pending restart", "waits for a restart"),
        (
            {
                "files": {"a": KEPT.model_copy(update={"logical_slots": ("cdc", "own")}), "b": KEPT},
                "config": Config(synchronous_mode="on", permanent_slots=("cdc",)),
            },
            "Kept slots",
            "has not copied cdc to b yet",
        ),
        ({"files": {"b": FilesFacts(problem="No answer within 2 s.")}}, "Disk and checksums", "b did not say"),
        ({"files": {"b": KEPT.model_copy(update={"used_bytes": 90})}}, "Disk", "b has filled 90%"),
        (
            {"files": {"a": KEPT, "b": KEPT.model_copy(update={"checksums": False})}},
            "Data checksums",
            "damage by its disk is not noticed any more",
        ),
    ],
)
def test_what_speaks_against_it_without_forbidding_it(changes: dict[str, Any], check: str, says: str) -> None:
    plan = plan_switchover("shard-1", "b", facts(**changes))
    assert plan.runnable
    [warning] = [one for one in plan.checks if one.outcome is CheckOutcome.WARNED]
    assert warning.name == check and says in warning.reason


def test_what_nobody_tells_of_a_disk_is_said_and_speaks_against_nobody() -> None:
    told = FilesFacts(checksums=True, checksum_failures=0)
    plan = plan_switchover("shard-1", "b", facts(files={"a": KEPT, "b": told}))
    assert not [one for one in plan.checks if one.outcome is not CheckOutcome.PASSED]
    said = {one.name: one.reason for one in plan.checks}
    assert "disk of b is not known" in said["Disk"] and "no option disk_bytes" in said["Disk"]
    assert said["Data checksums"] == "b keeps data checksums, and no failure was counted."


def test_who_is_in_a_quorum_may_lead_and_is_not_said_to_hold_every_commit() -> None:
    quorum = facts(
        config=Config(synchronous_mode="quorum"),
        cluster=members(LEADER, *(one.model_copy(update={"role": Role.QUORUM_STANDBY}) for one in (SYNC, REPLICA))),
    )
    for candidate in ("b", "c"):
        plan = plan_switchover("shard-1", candidate, quorum)
        [said] = [one.reason for one in plan.checks if one.name == "Synchronous"]
        assert plan.runnable and said.startswith(f"{candidate} is in the quorum; the leader hands over")


def test_a_quorum_that_is_not_whole_yet_is_told_by_patroni_itself() -> None:
    """As 4.1.5 said it: one of them must not lead, and is no part of it."""
    whole = plan_switchover("s", "shard-3-b", of_patroni("cluster-quorum"))
    assert whole.runnable
    assert [one.reason for one in whole.checks if one.name == "Candidates"] == [
        "shard-3-b can lead. shard-3-c can lead."
    ]
    partly = refusals(plan_switchover("s", "four-c", of_patroni("cluster-quorum-pending")))
    assert "four-c is not in its quorum (that is four-a): Patroni would give up" in partly["Synchronous"]
    assert "May lead" in partly


def of_patroni(reply: str) -> SwitchoverFacts:
    told = Cluster.from_response(said(f"patroni-4.1.5/{reply}"))
    apis = {one.name: ANSWERS for one in told.members}
    return facts(cluster=told, config=Config(synchronous_mode="quorum"), apis=apis)


def test_every_member_is_judged_with_its_reason() -> None:
    lame = REPLICA.model_copy(update={"name": "d", "role": Role.SYNC_STANDBY, "timeline": 4})
    plan = plan_switchover("shard-1", "b", facts(cluster=members(LEADER, SYNC, REPLICA, lame)))
    [check] = [one for one in plan.checks if one.name == "Candidates"]
    assert check.reason.startswith("b can lead. c cannot: main is in synchronous mode and c is not in sync")
    assert check.evidence == {"b": [], "c": check.evidence["c"], "d": ["d is on timeline 4, the leader on 5."]}


def test_the_pause_ends_before_the_pool_refuses_who_waits() -> None:
    arguments = plan_switchover("shard-1", "b", facts()).steps[1].arguments
    assert arguments["pauses"] == [{"pool": "p", "database": "primary"}]
    assert arguments["pause_seconds"] == 18.0
    patient = POOL.model_copy(update={"wait_seconds": 0})
    assert plan_switchover("shard-1", "b", facts(pools=(patient,))).steps[1].arguments["pause_seconds"] == 20.0


def test_the_expected_pause_is_what_was_measured_here() -> None:
    assert plan_switchover("shard-1", "b", facts()).blast.write_pause_ms == 1600
    assert plan_switchover("shard-1", "b", facts(usual_pause_ms=1234)).blast.write_pause_ms == 1234
    assert plan_switchover("shard-1", "b", facts(pools=())).blast.write_pause_ms == 3000


def test_every_pool_that_takes_part_is_paused_and_answers_in_the_end() -> None:
    second = PoolFacts(name="q", databases=("writes",), wait_seconds=10)
    third = PoolFacts(name="r", databases=("primary",), left_out=True)
    address = AddressFacts(name="vip:1")
    plan = plan_switchover("shard-1", "b", facts(pools=(POOL, second, third), address=address))
    order = plan.steps[1].arguments
    assert plan.runnable
    assert order["pauses"] == [{"pool": "p", "database": "primary"}, {"pool": "q", "database": "writes"}]
    assert (order["pools"], order["address"], order["pause_seconds"]) == (["p", "q"], True, 6.0)
    assert plan.steps[2].title == "Wait until a follows and clients reach b through the pools and vip:1"
    assert plan.fingerprint != plan_switchover("shard-1", "b", facts(pools=(POOL, second))).fingerprint


def test_without_a_pool_the_plan_says_that_clients_get_errors_and_for_how_long() -> None:
    plan = plan_switchover("shard-1", "b", facts(pools=(), usual_refusal_ms=1400))
    assert plan.runnable
    assert "Writes fail for about 1.4 s; clients see errors" in plan.steps[1].consequence
    assert "its clients lose their connections" in plan.blast.summary
    assert plan.blast.write_pause_ms == 1400
    assert plan.steps[2].title == "Wait until a follows"
