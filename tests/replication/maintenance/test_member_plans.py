"""Planners of restarts, reloads and rebuilding: who may be touched, and in which order."""

from datetime import timedelta

from shards.clients.patroni_replies import Role
from shards.replication.maintenance import following
from shards.replication.maintenance.live import Word
from shards.replication.maintenance.reinitialise import plan_reinitialise
from shards.replication.maintenance.reload import ReloadFacts, ReloadParameters, plan_reload
from shards.replication.maintenance.restart import RestartParameters, plan_restart
from shards.replication.maintenance.rolling import plan_rolling
from shards.replication.maintenance.rolling_steps import successor
from tests.replication.maintenance.clusters import (
    LEADER,
    REPLICA,
    STARTED,
    SYNC,
    cluster,
    reasons,
    refusals,
    word,
)


def restart(member: str, only_pending: bool = False) -> RestartParameters:
    return RestartParameters(shard="shard-1", member=member, only_pending=only_pending)


def test_a_replica_restarts_in_two_steps_and_the_leader_asks_to_be_typed() -> None:
    plan = plan_restart(restart("c"), cluster())
    assert plan.runnable and plan.confirm == "" and [step.key for step in plan.steps] == ["restart", "await"]
    leader = plan_restart(restart("a"), cluster())
    assert leader.runnable and leader.confirm == "main a restart" and leader.blast.write_pause_ms
    assert "hands over first" in reasons(leader)


def test_only_what_waits_is_restarted_unless_told() -> None:
    assert not plan_restart(restart("c", only_pending=True), cluster()).steps
    waiting = cluster(words={"c": word(pending_restart=True, pending_restart_reason={"max_connections": {}})})
    plan = plan_restart(restart("c", only_pending=True), waiting)
    assert plan.steps and "max_connections" in plan.summary


def test_a_restart_that_was_done_by_somebody_else_makes_another_plan() -> None:
    later = cluster(words={"c": word(started_at=STARTED + timedelta(minutes=1))})
    assert plan_restart(restart("c"), later).fingerprint != plan_restart(restart("c"), cluster()).fingerprint


def test_a_restart_is_refused_where_nobody_would_help() -> None:
    assert "Patroni is paused on main" in refusals(plan_restart(restart("c"), cluster(paused=True)))
    silent = cluster(words={"c": Word(problem="timed out")})
    assert "timed out" in refusals(plan_restart(restart("c"), silent))
    alone = cluster(LEADER, SYNC, synchronous_mode_strict=True)
    assert "writes stop" in refusals(plan_restart(restart("b"), alone))
    assert "no member of main" in refusals(plan_restart(restart("z"), cluster()))


def test_a_shard_restarts_its_replicas_first_the_synchronous_one_last_and_then_the_leader() -> None:
    plan = plan_rolling(cluster(), only_pending=False)
    assert [(step.key, step.arguments.get("member")) for step in plan.steps] == [
        ("restart-member", "c"),
        ("restart-member", "b"),
        ("hand-over", None),
        ("restart-member", "a"),
    ]
    assert plan.runnable and plan.blast.write_pause_ms


def test_only_members_that_wait_are_in_the_plan_of_a_shard() -> None:
    assert not plan_rolling(cluster(), only_pending=True).steps
    waiting = REPLICA.model_copy(update={"pending_restart": True})
    plan = plan_rolling(cluster(LEADER, SYNC, waiting), only_pending=True)
    assert [step.arguments["member"] for step in plan.steps] == ["c"] and plan.blast.write_pause_ms is None


def test_a_shard_with_a_member_missing_is_not_restarted() -> None:
    broken = REPLICA.model_copy(update={"state": "start failed"})
    assert "bring them back first" in refusals(plan_rolling(cluster(LEADER, SYNC, broken), only_pending=False))
    alone = cluster(LEADER)
    assert "Nobody can take over from a" in refusals(plan_rolling(alone, only_pending=False))


def test_who_is_in_sync_takes_over_and_without_the_mode_who_is_closest() -> None:
    chosen = successor(cluster())
    assert chosen and chosen.name == "b"
    near = REPLICA.model_copy(update={"lag_bytes": 0})
    far = SYNC.model_copy(update={"role": Role.REPLICA, "lag_bytes": 9})
    chosen = successor(cluster(LEADER, far, near, synchronous_mode=False))
    assert chosen and chosen.name == "c"
    assert successor(cluster(LEADER, far, near)) is None


def test_the_leader_and_the_only_synchronous_standby_are_never_built_anew() -> None:
    assert "what the others are copied from" in refusals(plan_reinitialise("a", cluster()))
    assert "only synchronous standby" in refusals(plan_reinitialise("b", cluster()))
    plan = plan_reinitialise("c", cluster())
    assert plan.runnable and plan.confirm == "main c reinitialise"


def test_a_reload_names_when_the_configuration_was_read_last() -> None:
    asked = ReloadParameters(shard="shard-1", member="c")
    plans = [plan_reload(asked, ReloadFacts(cluster=cluster(), loaded=at)) for at in ("3 o'clock", "4 o'clock")]
    assert plans[0].runnable and plans[0].fingerprint != plans[1].fingerprint


def test_a_member_is_back_when_it_streams_in_step_on_its_leaders_timeline() -> None:
    assert following.lacks(cluster(), "c") == ""
    for facts, says in (
        (cluster(LEADER, SYNC, REPLICA.model_copy(update={"timeline": 4})), "timeline 4, a on 5"),
        (cluster(LEADER, SYNC, REPLICA.model_copy(update={"lag_bytes": None})), "not in step"),
        (cluster(words={"a": word(role=Role.LEADER)}), "does not stream"),
        (cluster(words={"c": word(state="starting")}), "c is starting"),
        (cluster(words={"a": Word(problem="gone")}), "no leader that runs"),
        (cluster(LEADER, SYNC.model_copy(update={"role": Role.REPLICA}), REPLICA), "no synchronous standby"),
    ):
        assert says in following.lacks(facts, "c")
