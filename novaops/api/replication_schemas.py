"""What the API answers about replication. Names stay stable; nothing here can hold a secret."""

from datetime import datetime
from typing import Any

from ninja import Schema


class MemberOut(Schema):
    """`follows` is the member that it streams from, or would (`streams` says whether it does). Lags are behind the
    leader; None where nobody knows them. `at`: how old this is."""

    name: str
    state: str
    cause: str
    role: str | None
    follows: str
    streams: bool
    timeline: int | None
    receive_lag_bytes: int | None
    replay_lag_bytes: int | None
    replay_lag_seconds: float | None
    tags: dict[str, Any]
    pending_restart: list[str]
    postgres_version: str
    patroni_version: str
    at: datetime | None


class PoolOut(Schema):
    name: str
    state: str
    cause: str
    version: str
    clients: int | None
    waiting: int | None
    longest_wait_seconds: float | None
    paused: bool
    writes_to: list[str]
    reads_from: list[str]
    at: datetime | None


class PoolDatabaseOut(Schema):
    """A name of the pool and where it leads; limits of 0 are none. `connections` are those to PostgreSQL."""

    name: str
    host: str
    port: int
    database: str
    paused: bool
    disabled: bool
    pool_mode: str
    pool_size: int
    reserve_pool: int
    connections: int
    max_connections: int
    waiting: int
    queries_per_second: float | None
    query_ms: float | None
    wait_ms: float | None


class PoolUserOut(Schema):
    """The connections of one user to one database (SHOW POOLS)."""

    database: str
    user: str
    cl_active: int
    cl_waiting: int
    sv_active: int
    sv_idle: int
    sv_used: int
    maxwait_seconds: float


class PoolConnectionOut(Schema):
    """A client, or a server (a connection to PostgreSQL, with the number of its process). `linked`: it works with the
    other side now."""

    user: str
    database: str
    state: str
    address: str
    application: str
    connected_at: datetime | None
    requested_at: datetime | None
    wait_seconds: float
    linked: bool
    remote_pid: int
    tls: str
    close_needed: bool
    prepared: int | None


class PoolConnectionsOut(Schema):
    """Who waits longest comes first, 50 of each at most; the totals count all. `asked` is false where there were too
    many to list: PgBouncer serves nobody meanwhile."""

    asked: bool
    clients_total: int
    servers_total: int
    clients_by_state: dict[str, int]
    servers_by_state: dict[str, int]
    clients: list[PoolConnectionOut]
    servers: list[PoolConnectionOut]
    at: datetime | None


class PoolOfShardOut(PoolOut):
    shard: str


class PoolsOut(Schema):
    at: datetime
    pools: list[PoolOfShardOut]


class PoolDetailOut(PoolOfShardOut):
    """`known`: sentences that follow from its version and configuration. `connections` is null until they were asked
    for once."""

    max_clients: int | None
    databases: list[PoolDatabaseOut]
    users: list[PoolUserOut]
    config: dict[str, str]
    known: list[str]
    connections: PoolConnectionsOut | None


class ScheduledOut(Schema):
    """What Patroni does by itself at a time. `candidate` is empty where Patroni chooses; `operation` and `person` say
    who put it on its list, null and empty where nobody did it here."""

    at: datetime
    candidate: str
    operation: int | None
    person: str


class ClusterOut(Schema):
    """A shard's cluster. `writes` is work, wait, fail or unknown, as an application would notice it now, and `noticed`
    says it as a sentence."""

    shard: str
    health: str
    sentence: str
    writes: str
    noticed: str
    leader: str
    timeline: int | None
    paused: bool
    synchronous_mode: str
    scheduled_switchover: ScheduledOut | None
    members: list[MemberOut]
    pools: list[PoolOut]
    at: datetime | None


class ReplicationOut(Schema):
    at: datetime
    shards: list[ClusterOut]


class DifferenceOut(Schema):
    """A setting that is not the same on all members."""

    setting: str
    values: dict[str, str]


class MemberDetailOut(MemberOut):
    """`facts` are what its PostgreSQL said last: backends with masked statements, slots, positions, archiver."""

    shard: str
    facts: dict[str, Any] | None
    differences: list[DifferenceOut]


class EtcdNodeOut(Schema):
    name: str
    state: str
    cause: str
    leads: bool
    votes: bool
    registered: bool
    version: str
    db_bytes: int | None
    db_in_use_bytes: int | None
    alarms: list[str]
    raft_term: int | None
    raft_index: int | None
    took_ms: float | None
    at: datetime | None


class EtcdClusterOut(Schema):
    """`serving` of `voters` answer and have a leader; `sentence` says what one more loss would do."""

    id: str
    health: str
    sentence: str
    serving: int
    voters: int
    nodes: list[EtcdNodeOut]


class EtcdOut(Schema):
    at: datetime
    clusters: list[EtcdClusterOut]


class SwitchOut(Schema):
    """A change of leader. `asked_for` is None where it lay before the console watched. Writes were away between
    `gap_least_seconds` and `gap_most_seconds`, as `gap_how` says; None: not measured, or nothing to measure."""

    id: int
    shard: str
    timeline: int
    lsn: str
    at: datetime
    old_leader: str
    new_leader: str
    asked_for: bool | None
    operation: int | None
    person: str
    cause: str
    gap_least_seconds: float | None
    gap_most_seconds: float | None
    gap_how: str
    lost_bytes: int | None
    lost_how: str


class SwitchesOut(Schema):
    count: int
    next: str | None
    switches: list[SwitchOut]
