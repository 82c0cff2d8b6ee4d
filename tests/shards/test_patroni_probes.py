"""Replies of Patroni 3.0.2 and 4.1.5, both recorded from running clusters, become the same types."""

from datetime import UTC, datetime

from shards.clients.patroni_replies import Cluster, Config, Role, Status, TimelineSwitch
from tests.replies import said


def cluster(name: str) -> Cluster:
    return Cluster.from_response(said(name))


def test_both_versions_name_the_same_roles() -> None:
    old, new = cluster("patroni-3.0.2/cluster"), cluster("patroni-4.1.5/cluster-quiet")
    wanted = [Role.LEADER, Role.REPLICA, Role.SYNC_STANDBY]
    assert [sorted(member.role for member in one.members) for one in (old, new)] == [wanted, wanted]
    assert all(member.healthy for one in (old, new) for member in one.members), "running and streaming are both well"
    assert {member.lag_bytes for one in (old, new) for member in one.members} == {0, None}


def test_what_only_the_newer_says() -> None:
    new = cluster("patroni-4.1.5/cluster-quiet")
    standby = next(member for member in new.members if member.synchronous)
    assert (new.scope, standby.receive_lag_bytes, standby.replay_lag_bytes) == ("four", 0, 0)
    assert new.members[2].tags["nofailover"] is True


def test_a_member_that_cannot_say_its_lag() -> None:
    starting = cluster("patroni-4.1.5/cluster-starting").member("four-b")
    assert starting is not None
    assert (starting.healthy, starting.lag_bytes, starting.timeline) == (False, None, None)


def test_quorum_and_pending_restart() -> None:
    new = cluster("patroni-4.1.5/cluster-quorum-pending")
    assert new.members[0].role is Role.QUORUM_STANDBY and new.members[0].synchronous
    assert new.leader is not None and new.leader.name == "four-b" and new.leader.pending_restart


def test_pause_and_a_scheduled_switchover() -> None:
    assert cluster("patroni-4.1.5/cluster-paused").paused
    planned = cluster("patroni-4.1.5/cluster-scheduled").scheduled_switchover
    assert planned is not None
    assert (planned.at, planned.leader, planned.candidate) == (datetime(2026, 11, 24, 3, tzinfo=UTC), "four-a", "")


def test_status_of_leader_and_standby() -> None:
    for version, folder in (("3.0.2", "patroni-3.0.2"), ("4.1.5", "patroni-4.1.5")):
        leader, standby = (Status.from_response(said(f"{folder}/patroni-{who}")) for who in ("leader", "standby"))
        assert (leader.version, leader.role, standby.role) == (version, Role.LEADER, Role.SYNC_STANDBY)
        assert leader.location and standby.replayed and standby.received and standby.healthy
        assert {one.sync_state for one in leader.replication} == {"sync", "async"}


def test_configuration_and_history() -> None:
    old, new, quorum = (
        Config.from_response(said(name))
        for name in ("patroni-3.0.2/config", "patroni-4.1.5/config", "patroni-4.1.5/config-quorum")
    )
    assert [one.synchronous_mode for one in (old, new, quorum)] == ["on", "on", "quorum"]
    assert (old.ttl, new.permanent_slots) == (20, ("cdc",))
    switches = [TimelineSwitch.from_response(entry) for entry in said("patroni-4.1.5/history")]
    assert (switches[0].timeline, switches[0].new_leader) == (1, "four-b")
