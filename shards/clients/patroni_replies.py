"""Patroni's replies, the same types for 3.0 to 4.x: names of roles, lags and pauses are brought to one form here."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from shards.clients.reply import Reply

HEALTHY_STATES = frozenset({"running", "streaming"})


class Role(StrEnum):
    LEADER = "leader"
    STANDBY_LEADER = "standby_leader"
    SYNC_STANDBY = "sync_standby"
    QUORUM_STANDBY = "quorum_standby"
    REPLICA = "replica"

    @classmethod
    def of(cls, said: object) -> "Role":
        """3.x says `master` where 4.x says `primary`; an unknown word is a replica, which promises nothing."""
        word = str(said)
        if word in {"master", "primary"}:
            return cls.LEADER
        return cls(word) if word in set(cls) else cls.REPLICA

    @property
    def leads(self) -> bool:
        return self in {Role.LEADER, Role.STANDBY_LEADER}

    @property
    def synchronous(self) -> bool:
        return self in {Role.SYNC_STANDBY, Role.QUORUM_STANDBY}


class Member(Reply):
    """One member as the cluster sees it. Lags in bytes behind the leader; None: Patroni does not know, or it leads.

    `lag_bytes` is the worse of receive and replay; 3.x says only that one."""

    name: str
    role: Role
    state: str
    host: str = ""
    port: int = 0
    api_url: str = ""
    timeline: int | None = None
    lag_bytes: int | None = None
    receive_lag_bytes: int | None = None
    replay_lag_bytes: int | None = None
    tags: dict[str, Any] = Field(default_factory=dict)
    pending_restart: bool = False

    @property
    def leads(self) -> bool:
        return self.role.leads

    @property
    def synchronous(self) -> bool:
        return self.role.synchronous

    @property
    def healthy(self) -> bool:
        return self.state in HEALTHY_STATES

    @classmethod
    def from_response(cls, said: dict[str, Any]) -> "Member":
        receive, replay = _bytes(said.get("receive_lag")), _bytes(said.get("replay_lag"))
        known = [lag for lag in (_bytes(said.get("lag")), receive, replay) if lag is not None]
        return cls(
            name=said["name"],
            role=Role.of(said.get("role")),
            state=str(said.get("state", "unknown")),
            host=said.get("host") or "",
            port=said.get("port") or 0,
            api_url=said.get("api_url") or "",
            timeline=_bytes(said.get("timeline")),
            lag_bytes=max(known, default=None),
            receive_lag_bytes=receive,
            replay_lag_bytes=replay,
            tags=said.get("tags") or {},
            pending_restart=bool(said.get("pending_restart")),
        )


class ScheduledSwitchover(Reply):
    at: datetime
    leader: str = ""
    candidate: str = ""


class Cluster(Reply):
    """GET /cluster: the members as the DCS and the answering member know them. `scope` is empty where 3.x omits it."""

    members: tuple[Member, ...] = ()
    scope: str = ""
    paused: bool = False
    scheduled_switchover: ScheduledSwitchover | None = None

    @property
    def leader(self) -> Member | None:
        return next((member for member in self.members if member.leads), None)

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)

    @classmethod
    def from_response(cls, said: dict[str, Any]) -> "Cluster":
        planned = said.get("scheduled_switchover")
        return cls(
            members=tuple(Member.from_response(member) for member in said.get("members", ())),
            scope=said.get("scope") or "",
            paused=bool(said.get("pause")),
            scheduled_switchover=planned
            and ScheduledSwitchover(
                at=planned["at"], leader=planned.get("from") or "", candidate=planned.get("to") or ""
            ),
        )


class Standby(Reply):
    """A server that streams from the answering member."""

    application_name: str = ""
    client_addr: str | None = None
    state: str = ""
    sync_state: str = ""
    sync_priority: int = 0


class Status(Reply):
    """GET /patroni: what one member says of itself. LSNs are absolute byte positions.

    `location` on the leader; `received`, `replayed` and `replayed_at` on a standby."""

    version: str = ""
    scope: str = ""
    name: str = ""
    role: Role = Role.REPLICA
    state: str = "unknown"
    timeline: int | None = None
    server_version: int | None = None
    started_at: datetime | None = None
    location: int | None = None
    received: int | None = None
    replayed: int | None = None
    replayed_at: datetime | None = None
    replay_paused: bool = False
    replication_state: str = ""
    replication: tuple[Standby, ...] = ()
    tags: dict[str, Any] = Field(default_factory=dict)
    pending_restart: bool = False
    pending_restart_reason: dict[str, Any] = Field(default_factory=dict)
    scheduled_restart: dict[str, Any] = Field(default_factory=dict)
    paused: bool = False
    cluster_unlocked: bool = False
    failsafe_mode_is_active: bool = False
    dcs_last_seen: datetime | None = None
    system_identifier: str = ""

    @property
    def healthy(self) -> bool:
        return self.state in HEALTHY_STATES

    @classmethod
    def from_response(cls, said: dict[str, Any]) -> "Status":
        about, xlog = said.get("patroni") or {}, said.get("xlog") or {}
        return cls(
            version=about.get("version") or "",
            scope=about.get("scope") or "",
            name=about.get("name") or "",
            role=_own_role(said),
            state=str(said.get("state", "unknown")),
            timeline=said.get("timeline"),
            server_version=said.get("server_version"),
            started_at=said.get("postmaster_start_time"),
            location=xlog.get("location"),
            received=xlog.get("received_location"),
            replayed=xlog.get("replayed_location"),
            replayed_at=xlog.get("replayed_timestamp"),
            replay_paused=bool(xlog.get("paused")),
            replication_state=said.get("replication_state") or "",
            replication=tuple(Standby.model_validate(standby) for standby in said.get("replication") or ()),
            tags=said.get("tags") or {},
            pending_restart=bool(said.get("pending_restart")),
            pending_restart_reason=said.get("pending_restart_reason") or {},
            scheduled_restart=said.get("scheduled_restart") or {},
            paused=bool(said.get("pause")),
            cluster_unlocked=bool(said.get("cluster_unlocked")),
            failsafe_mode_is_active=bool(said.get("failsafe_mode_is_active")),
            dcs_last_seen=said.get("dcs_last_seen"),
            system_identifier=str(said.get("database_system_identifier") or ""),
        )


class TimelineSwitch(Reply):
    """One entry of GET /history: timeline `timeline` ended at byte position `lsn`; `new_leader` led the next one."""

    timeline: int
    lsn: int
    reason: str = ""
    at: datetime | None = None
    new_leader: str = ""

    @classmethod
    def from_response(cls, said: list[Any]) -> "TimelineSwitch":
        timeline, lsn, reason, at, leader, *_ = [*said, "", None, ""]
        return cls(timeline=timeline, lsn=lsn, reason=reason or "", at=at or None, new_leader=leader or "")


class Config(Reply):
    """GET /config, the dynamic configuration; `whole` is all of it as Patroni said it. `follows`: where a standby
    cluster gets its WAL from, in words; empty for a cluster of its own."""

    ttl: int = 30
    loop_wait: int = 10
    retry_timeout: int = 10
    maximum_lag_on_failover: int = 1_048_576
    synchronous_mode: str = "off"
    synchronous_node_count: int = 1
    permanent_slots: tuple[str, ...] = ()
    follows: str = ""
    whole: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def from_response(cls, said: dict[str, Any]) -> "Config":
        known = {name: said[name] for name in cls.model_fields if said.get(name) is not None}
        known |= {"synchronous_mode": _mode(said.get("synchronous_mode")), "whole": said}
        known |= {"permanent_slots": tuple(said.get("slots") or ()), "follows": _source(said.get("standby_cluster"))}
        return cls.model_validate(known)


def _bytes(said: object) -> int | None:
    """Patroni writes "unknown" where it has no number."""
    return said if isinstance(said, int) else None


def _own_role(said: dict[str, Any]) -> Role:
    if said.get("sync_standby"):
        return Role.SYNC_STANDBY
    return Role.QUORUM_STANDBY if said.get("quorum_standby") else Role.of(said.get("role"))


def _source(said: dict[str, Any] | None) -> str:
    """Of `standby_cluster`; its WAL may come from an archive alone."""
    if not said:
        return ""
    return f"{said['host']}:{said.get('port') or 5432}" if said.get("host") else "an archive"


def _mode(said: object) -> str:
    """`off`, `on` or `quorum`; 3.x writes true and false."""
    return {True: "on", False: "off", None: "off"}.get(said, str(said)) if isinstance(said, bool | None) else str(said)
