"""A shard as it was last seen: its members with roles and lags, its pools, its health."""

from dataclasses import dataclass
from datetime import datetime

from metrics.contract.snapshot import ShardSeen
from shards.clients.patroni_replies import HEALTHY_STATES, Role
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
    measures them, None where unknown; `at` is when the older of its two servers (Patroni, PostgreSQL) last answered."""

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

    @property
    def leads(self) -> bool:
        return self.role is not None and self.role.leads

    @property
    def synchronous(self) -> bool:
        return self.role is not None and self.role.synchronous

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


@dataclass(frozen=True, slots=True)
class PoolSeen:
    name: str
    state: str
    cause: str = ""
    facts: PgBouncerFacts | None = None
    at: datetime | None = None


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

    @property
    def name(self) -> str:
        return self.shard.name

    @property
    def leader(self) -> MemberSeen | None:
        return next((member for member in self.members if member.leads), None)

    @property
    def leader_name(self) -> str:
        return self.leader.name if self.leader else ""

    @property
    def replicas(self) -> tuple[MemberSeen, ...]:
        return tuple(member for member in self.members if not member.leads)

    @property
    def timeline(self) -> int | None:
        return self.leader.timeline if self.leader else None
