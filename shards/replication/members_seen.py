"""The members of a shard, put together from what Patroni, PostgreSQL and the leader say of them. Pure."""

from collections.abc import Iterable

from metrics.contract import Snapshot, State
from shards.clients.patroni_replies import Cluster, Member
from shards.replication.cascades import following
from shards.replication.facts import PatroniFacts, PostgresFacts, StandbyConnection
from shards.replication.seen import MemberSeen


def members_seen(snapshot: Snapshot, shard: str, cluster: Cluster | None) -> Iterable[MemberSeen]:
    """Every registered member, then those that only Patroni knows."""
    listed = {member.name: member for member in cluster.members} if cluster else {}
    registered = [server.name for kind in ("patroni", "postgres") for server in snapshot.servers_of(kind, shard)]
    names = sorted(dict.fromkeys([*registered, *listed]))
    leader = cluster.leader.name if cluster and cluster.leader else ""
    measured = _measured_by(snapshot, shard, leader)
    members = [
        _member(snapshot, shard, name, listed.get(name), measured.get(name), name in registered) for name in names
    ]
    return following(members, leader)


def _measured_by(snapshot: Snapshot, shard: str, leader: str) -> dict[str, StandbyConnection]:
    """The lags of all standbys at one instant, as the leader sees them."""
    for seen, facts in snapshot.facts(PostgresFacts, shard):
        if seen.server.name == leader and seen.reachable:
            return {standby.application_name: standby for standby in facts.standbys}
    return {}


def _member(
    snapshot: Snapshot,
    shard: str,
    name: str,
    listed: Member | None,
    measured: StandbyConnection | None,
    registered: bool,
) -> MemberSeen:
    patroni, patroni_facts = next(
        ((one, f) for one, f in snapshot.facts(PatroniFacts, shard) if one.server.name == name), (None, None)
    )
    postgres = next(((one, f) for one, f in snapshot.facts(PostgresFacts, shard) if one.server.name == name), None)
    state, cause = _state_of(snapshot, shard, name, listed)
    facts = postgres[1] if postgres else None
    times = [seen.good_at for seen in (patroni, postgres[0] if postgres else None) if seen and seen.good_at]
    receive, replay = _lag_bytes(listed, measured)
    status = patroni_facts.status if patroni_facts else None
    return MemberSeen(
        name=name,
        shard=shard,
        state=state,
        cause=cause,
        role=listed.role if listed else None,
        patroni_state=listed.state if listed else "",
        timeline=listed.timeline if listed else None,
        receive_lag_bytes=receive,
        replay_lag_bytes=replay,
        receive_lag_seconds=_seconds(measured.flush_lag_seconds if measured else None, receive),
        replay_lag_seconds=_replay_seconds(facts, measured, replay),
        facts=facts,
        postgres_at=postgres[0].good_at if postgres else None,
        at=min(times, default=None),
        registered=registered,
        tags=tuple(f"{key}: {value}" for key, value in (listed.tags if listed else {}).items()),
        pending_restart=bool(listed and listed.pending_restart) or bool(facts and facts.pending_restart),
        status=status,
        address=_address(snapshot, shard, name, listed),
        sender=_sender(facts),
        told=listed.tags if listed else {},
    )


def _address(snapshot: Snapshot, shard: str, name: str, listed: Member | None) -> str:
    """As the members themselves know it; the fleet file may reach it another way."""
    if listed and listed.host:
        return f"{listed.host}:{listed.port}"
    return next((one.address for one in snapshot.servers_of("postgres", shard) if one.name == name), "")


def _sender(facts: PostgresFacts | None) -> str:
    if facts is None or facts.receiver_status != "streaming" or not facts.sender_host:
        return ""
    return f"{facts.sender_host}:{facts.sender_port}"


def _state_of(snapshot: Snapshot, shard: str, name: str, listed: Member | None) -> tuple[str, str]:
    """The worst of what its two servers answer and what the cluster says of it."""
    readings = [one for one in snapshot.readings if one.server.name == name and one.server.shard == shard]
    for state in (State.UNREACHABLE, State.DEGRADED):
        found = next((one for one in readings if one.state is state), None)
        if found:
            return state.value, f"{found.server.kind}: {found.cause}"
    if listed and not listed.healthy:
        return "degraded", f"Patroni says that it is {listed.state}."
    if not any(one.state is State.OK for one in readings):
        return State.UNKNOWN.value, "" if listed is None else "It is not registered with this fleet."
    return ("ok", "") if listed else ("degraded", "Patroni no longer lists it as a member of the cluster.")


def _lag_bytes(listed: Member | None, measured: StandbyConnection | None) -> tuple[int | None, int | None]:
    if listed is None or listed.leads:
        return None, None
    receive = listed.receive_lag_bytes if listed.receive_lag_bytes is not None else listed.lag_bytes
    replay = listed.replay_lag_bytes if listed.replay_lag_bytes is not None else listed.lag_bytes
    if measured is None:
        return receive, replay
    return _known(measured.flush_lag_bytes, receive), _known(measured.replay_lag_bytes, replay)


def _known(measured: int | None, told: int | None) -> int | None:
    """The leader reads its own position just before its standbys': one that is ahead of it is in step."""
    return told if measured is None else max(0, measured)


def _seconds(measured: float | None, lag_bytes: int | None) -> float | None:
    """PostgreSQL measures no time while nothing is written: without bytes there is no delay."""
    return 0.0 if lag_bytes == 0 else measured


def _replay_seconds(
    facts: PostgresFacts | None, measured: StandbyConnection | None, lag_bytes: int | None
) -> float | None:
    if lag_bytes is None:
        return None
    if facts and facts.in_recovery and facts.replay_lag_seconds is not None:
        return 0.0 if lag_bytes == 0 else facts.replay_lag_seconds
    return _seconds(measured.replay_lag_seconds if measured else None, lag_bytes)
