"""Replies of Patroni 3.0.2, 3.3.8 and 4.1.5, recorded from running clusters, become the same types."""

from datetime import UTC, datetime

import pytest

from shards.clients.patroni_replies import Cluster, Config, Role, Status, TimelineSwitch
from tests.replies import said

VERSIONS = ("3.0.2", "3.3.8", "4.1.5")


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


def status(name: str) -> Status:
    return Status.from_response(said(name))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_says_the_same_of_a_quiet_cluster(version: str) -> None:
    quiet = cluster(f"patroni-{version}/cluster")
    assert sorted(member.role for member in quiet.members) == [Role.LEADER, Role.REPLICA, Role.SYNC_STANDBY]
    assert all(member.healthy and member.host and member.port and member.timeline for member in quiet.members)
    assert {member.name: member.lag_bytes for member in quiet.members if not member.leads}.keys() == {
        member.name for member in quiet.members
    } - {quiet.leader.name if quiet.leader else ""}
    assert {member.lag_bytes for member in quiet.members if not member.leads} == {0}
    assert (quiet.paused, quiet.scheduled_switchover) == (False, None)
    for who, role in (("leader", Role.LEADER), ("standby", Role.SYNC_STANDBY), ("replica", Role.REPLICA)):
        one = status(f"patroni-{version}/patroni-{who}")
        assert (one.version, one.role, one.healthy, one.server_version) == (version, role, True, one.server_version)
        assert one.timeline and one.started_at and one.dcs_last_seen and one.system_identifier
        assert bool(one.location) is (role is Role.LEADER) and bool(one.replayed) is (role is not Role.LEADER)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_says_the_same_of_a_pause_and_of_a_plan(version: str) -> None:
    assert cluster(f"patroni-{version}/cluster-paused").paused and status(f"patroni-{version}/patroni-paused").paused
    config = Config.from_response(said(f"patroni-{version}/config-paused"))
    assert config.whole["pause"] is True and config.synchronous_mode == "on"
    scheduled = cluster(f"patroni-{version}/cluster-scheduled")
    planned = scheduled.scheduled_switchover
    assert planned is not None and scheduled.leader is not None
    assert planned.at.tzinfo is not None and planned.leader == scheduled.leader.name


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_says_who_waits_for_a_restart(version: str) -> None:
    assert all(member.pending_restart for member in cluster(f"patroni-{version}/cluster-pending").members)
    for who in ("leader", "standby", "replica"):
        one = status(f"patroni-{version}/pending-{who}")
        assert one.pending_restart
        # 3.0 does not say for what.
        reasons = {} if version == "3.0.2" else {"max_connections": {"old_value": "100", "new_value": "120"}}
        assert one.pending_restart_reason == reasons


def test_in_quorum_mode_every_follower_may_be_counted_on() -> None:
    found = cluster("patroni-4.1.5/cluster-quorum")
    followers = [member for member in found.members if not member.leads]
    assert len(followers) == 2 and all(one.role is Role.QUORUM_STANDBY and one.synchronous for one in followers)
    assert status("patroni-4.1.5/quorum-standby").role is Role.QUORUM_STANDBY


def test_a_leader_that_came_back_is_in_the_history_of_each_version() -> None:
    for version in ("3.0.2", "3.3.8"):
        first = TimelineSwitch.from_response(said(f"patroni-{version}/history")[0])
        assert first.timeline == 1 and first.lsn and first.at and first.new_leader
