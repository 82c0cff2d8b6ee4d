"""Replies of etcd 3.4 (alone) and 3.5 (three members), recorded from running ones."""

from collections.abc import Mapping
from typing import Any

from shards.clients.etcd_replies import EtcdStatus
from tests.replies import said

HEALTHY = {"health": "true"}


def status(name: str, health: Mapping[str, Any] | None = None, alarms: str = "") -> EtcdStatus:
    folder = name.partition("/")[0]
    members = said(f"{folder}/members")
    return EtcdStatus.from_response(
        said(name), health or HEALTHY, members, said(f"{folder}/{alarms}") if alarms else {}
    )


def test_both_versions_name_their_leader() -> None:
    old, leader, follower = map(
        status, ("etcd-3.4.23/status", "etcd-3.5.16/status-leader", "etcd-3.5.16/status-follower")
    )
    assert [one.leads for one in (old, leader, follower)] == [True, True, False]
    assert follower.leader == leader.id and follower.cluster_id == leader.cluster_id
    assert [one.name for one in follower.members] == ["n2", "n3", "n1"] and len(old.members) == 1
    assert leader.raft_applied == leader.raft_index > 0 and leader.db_in_use_bytes <= leader.db_size_bytes


def test_an_alarm_makes_it_unhealthy_and_is_named() -> None:
    raised = status("etcd-3.5.16/status-alarm", said("etcd-3.5.16/health-alarm"), "alarms")
    assert (raised.healthy, raised.reason) == (False, "ALARM NOSPACE")
    assert raised.alarms == raised.alarms_here == ("NOSPACE",)
    other = status("etcd-3.5.16/status-leader", alarms="alarms")
    assert (other.alarms, other.alarms_here) == (("NOSPACE",), ())


def test_without_a_majority_there_is_no_leader() -> None:
    alone = status("etcd-3.5.16/status-alone", said("etcd-3.5.16/health-alone"))
    assert (alone.leader, alone.leads, alone.healthy, alone.reason) == ("", False, False, "RAFT NO LEADER")


def test_an_id_may_end_with_zeros() -> None:
    leader = EtcdStatus.from_response({"header": {"member_id": "1200"}, "leader": "1200"}, HEALTHY, {}, {})
    assert leader.leads
