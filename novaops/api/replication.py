"""Replication as the pages show it: clusters, members, pools, etcd, changes of leader. Stored values alone."""

from datetime import UTC
from typing import Annotated, Any

from django.http import Http404
from ninja import Path, Query, Router

from metrics import selectors
from novaops.api.paging import Limit, Offset, next_page
from novaops.api.pools import pool_told
from novaops.api.replication_schemas import (
    ClusterOut,
    DifferenceOut,
    EtcdClusterOut,
    EtcdNodeOut,
    EtcdOut,
    MemberDetailOut,
    MemberOut,
    PoolOut,
    ReplicationOut,
    ScheduledOut,
    SwitchesOut,
    SwitchOut,
)
from novaops.fleets.requests import FleetRequest
from shards.clients.patroni_replies import ScheduledSwitchover
from shards.replication.differences import differences
from shards.replication.history_models import LeaderSwitch
from shards.replication.history_switches import switches
from shards.replication.noticed import noticed
from shards.replication.quorum import EtcdCluster, EtcdNode, etcd_clusters
from shards.replication.scheduled_by import scheduled_by
from shards.replication.seen import MemberSeen, ShardTopology
from shards.replication.topology import topologies

router = Router(tags=["replication"])
Shard = Annotated[str, Query(description="The name of a shard.")]
Day = Annotated[str, Query(description="Such as 2026-11-29, in UTC.")]
Who = Annotated[str, Query(description="`asked`: by an operation; `itself`: by nobody.")]
Name = Annotated[str, Path(description="The member's name.")]
SAME = ("name", "state", "cause", "follows", "streams", "timeline", "receive_lag_bytes", "replay_lag_bytes")


@router.get("replication", response=ReplicationOut, summary="Who leads, who follows whom, what applications notice")
def replication(request: FleetRequest, shard: Shard = "") -> ReplicationOut:
    seen = selectors.snapshot()
    shown = [_cluster(one) for one in topologies(seen) if shard in ("", one.name)]
    return ReplicationOut(at=seen.at, shards=shown)


@router.get("members/{name}", response=MemberDetailOut, summary="One member: its Patroni and its PostgreSQL")
def member(request: FleetRequest, name: Name) -> MemberDetailOut:
    seen = selectors.snapshot()
    found = next((one for shard in topologies(seen) for one in shard.members if one.name == name), None)
    if found is None:
        raise Http404("No shard of this fleet has a member of that name.")
    rows = [DifferenceOut(setting=one.name, values=dict(one.values)) for one in differences(seen, found.shard)]
    facts = found.facts.model_dump(mode="json") if found.facts else None
    return MemberDetailOut(**_told(found), shard=found.shard, facts=facts, differences=rows)


@router.get("etcd", response=EtcdOut, summary="What elects the leaders, and how many more may be lost")
def etcd(request: FleetRequest) -> EtcdOut:
    seen = selectors.snapshot()
    return EtcdOut(at=seen.at, clusters=[_etcd(one) for one in etcd_clusters(seen)])


@router.get("leader-history", response=SwitchesOut, summary="Changes of leader, the newest first")
def leader_history(
    request: FleetRequest,
    shard: Shard = "",
    since: Day = "",
    until: Day = "",
    who: Who = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> SwitchesOut:
    found = switches(shard, since, until, who)
    count = found.count()
    rows = [_switch(one) for one in found[offset : offset + limit]]
    return SwitchesOut(count=count, next=next_page(request, offset, limit, count), switches=rows)


def _cluster(shard: ShardTopology) -> ClusterOut:
    told = noticed(shard)
    return ClusterOut(
        shard=shard.name,
        health=shard.health,
        sentence=shard.sentence,
        writes=told.writes,
        noticed=told.sentence,
        leader=shard.leader_name,
        timeline=shard.timeline,
        paused=shard.paused,
        synchronous_mode=shard.synchronous_mode,
        scheduled_switchover=_scheduled(shard.name, shard.scheduled) if shard.scheduled else None,
        members=[MemberOut(**_told(one)) for one in shard.members],
        pools=[PoolOut(**pool_told(one)) for one in shard.pools],
        at=shard.at,
    )


def _scheduled(shard: str, planned: ScheduledSwitchover) -> ScheduledOut:
    by = scheduled_by(shard, planned)
    return ScheduledOut(
        at=planned.at.astimezone(UTC),
        candidate=planned.candidate,
        operation=by.pk if by else None,
        person=by.requested_by_name if by else "",
    )


def _told(one: MemberSeen) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in SAME},
        "role": one.role.value if one.role else None,
        "replay_lag_seconds": one.replay_lag_seconds,
        "tags": one.told,
        "pending_restart": list(one.restart_reasons) if one.pending_restart else [],
        "postgres_version": one.facts.version if one.facts else "",
        "patroni_version": one.status.version if one.status else "",
        "at": one.at,
    }


def _etcd(cluster: EtcdCluster) -> EtcdClusterOut:
    same = {name: getattr(cluster, name) for name in ("id", "health", "sentence", "serving", "voters")}
    return EtcdClusterOut(**same, nodes=[_node(one) for one in cluster.nodes])


def _node(one: EtcdNode) -> EtcdNodeOut:
    status = one.facts.status if one.facts else None
    return EtcdNodeOut(
        name=one.name,
        state=one.state,
        cause=one.cause,
        leads=one.leads,
        votes=one.votes,
        registered=one.server is not None,
        version=status.version if status else "",
        db_bytes=status.db_size_bytes if status else None,
        db_in_use_bytes=status.db_in_use_bytes if status else None,
        alarms=list(status.alarms_here) if status else [],
        raft_term=status.raft_term if status else None,
        raft_index=status.raft_index if status else None,
        took_ms=one.facts.took_ms if one.facts else None,
        at=one.at,
    )


def _switch(one: LeaderSwitch) -> SwitchOut:
    same = ("id", "shard", "timeline", "lsn", "at", "old_leader", "new_leader", "operation", "cause", "gap_how")
    return SwitchOut(
        **{name: getattr(one, name) for name in (*same, "lost_bytes", "lost_how")},
        asked_for=None if one.before_watch else one.operation is not None,
        person=one.asked_by,
        gap_least_seconds=one.gap_least,
        gap_most_seconds=one.gap_most,
    )
