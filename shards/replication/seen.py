"""A shard as it was last seen: its members with roles and lags, its pools, its health."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from metrics.contract.snapshot import ShardSeen
from shards.clients.patroni_replies import HEALTHY_STATES, Role, ScheduledSwitchover, Status
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import PostgresFacts

ROLE_WORDS = {
    Role.LEADER: "Leader",
    Role.STANDBY_LEADER: "Standby leader",
    Role.SYNC_STANDBY: "Sync standby",
    Role.QUORUM_STANDBY: "Quorum standby",
    Role.REPLICA: "Replica",
}


# What a server said that does not answer now is old, however short ago it was.
OLD_AT_ONCE = 1.0


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """One member. `state` is a word that badges know, `cause` the sentence when it is not ok; lags as the leader
    measures them, None where unknown; `at` is when the older of its two servers (Patroni, PostgreSQL) last answered.

    `follows` is the member that it streams from, or would; `sender` the address that it streams from, empty while it
    does not; `told` are Patroni's tags as it says them."""

    name: str
    shard: str
    state: str
    cause: str = ""
    role: Role | None = None
    patroni_state: str = ""
    timeline: int | None = None
    receive_lag_bytes: int | None = None
    replay_lag_bytes: int | None = None
    receive_lag_seconds: float | None = None
    replay_lag_seconds: float | None = None
    facts: PostgresFacts | None = None
    postgres_at: datetime | None = None
    at: datetime | None = None
    registered: bool = True
    tags: tuple[str, ...] = ()
    pending_restart: bool = False
    status: Status | None = None
    address: str = ""
    follows: str = ""
    sender: str = ""
    told: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def leads(self) -> bool:
        return self.role is not None and self.role.leads

    @property
    def synchronous(self) -> bool:
        return self.role is not None and self.role.synchronous

    @property
    def streams(self) -> bool:
        """It receives WAL from somebody, as far as it was last heard of."""
        return bool(self.sender) and self.state != "unreachable"

    @property
    def restart_reasons(self) -> tuple[str, ...]:
        """The settings that wait for a restart; with the values before and after where Patroni says them (4.x)."""
        reasons = self.status.pending_restart_reason if self.status else {}
        names = self.facts.pending_restart if self.facts else ()
        return tuple(_reason(name, said) for name, said in reasons.items()) or names

    @property
    def limit(self) -> float | None:
        """Seconds after which its values are old, where its state says so; None: the shard's own limit."""
        return OLD_AT_ONCE if self.state == "unreachable" else None

    @property
    def odd_state(self) -> str:
        """What Patroni says of it, where that is not simply that it runs."""
        return "" if self.patroni_state in HEALTHY_STATES else self.patroni_state

    @property
    def role_word(self) -> str:
        return ROLE_WORDS[self.role] if self.role else "Role unknown"


def _reason(name: str, said: object) -> str:
    if not isinstance(said, dict) or "new_value" not in said:
        return name
    return f"{name} ({said.get('old_value') or 'not set'} → {said['new_value'] or 'not set'})"


@dataclass(frozen=True, slots=True)
class PoolSeen:
    """`writes` and `reads` are its databases for the leader and for a replica; `writes_to` and `reads_from` the members
    that they lead to, empty where it does not say or leads elsewhere."""

    name: str
    state: str
    cause: str = ""
    facts: PgBouncerFacts | None = None
    at: datetime | None = None
    writes: str = "primary"
    reads: str = "replica"
    writes_to: tuple[str, ...] = ()
    reads_from: tuple[str, ...] = ()

    def paused(self, database: str) -> bool:
        found = self.facts.database(database) if self.facts else None
        return bool(found and found.paused)


@dataclass(frozen=True, slots=True)
class ShardTopology:
    """`health` is a badge's word, `sentence` says what is wrong or that all is well; `limit` is the age in seconds
    after which its values are old."""

    shard: ShardSeen
    members: tuple[MemberSeen, ...]
    pools: tuple[PoolSeen, ...]
    health: str
    sentence: str
    paused: bool = False
    at: datetime | None = None
    limit: float = 15.0
    synchronous_mode: str = "off"
    failsafe: bool = False
    scheduled: ScheduledSwitchover | None = None
    permanent_slots: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.shard.name

    @property
    def leader(self) -> MemberSeen | None:
        return next((member for member in self.members if member.leads), None)

    @property
    def follows_another(self) -> bool:
        """It is a standby cluster: its leader streams from another one and takes no writes."""
        return self.leader is not None and self.leader.role is Role.STANDBY_LEADER

    def member(self, name: str) -> MemberSeen | None:
        return next((member for member in self.members if member.name == name), None)

    def followers(self, name: str) -> tuple[MemberSeen, ...]:
        """Who streams from that member, or would."""
        return tuple(member for member in self.members if member.follows == name)

    @property
    def leader_name(self) -> str:
        return self.leader.name if self.leader else ""

    @property
    def replicas(self) -> tuple[MemberSeen, ...]:
        return tuple(member for member in self.members if not member.leads)

    @property
    def timeline(self) -> int | None:
        return self.leader.timeline if self.leader else None
