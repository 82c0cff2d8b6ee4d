"""Redis' INFO and CLUSTER replies as types."""

from caching.clients.reply import Reply

SLOTS = 16_384


class SlotRange(Reply):
    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


class MovingSlot(Reply):
    """A slot on its way between two nodes, as the node that says so sees it: `other` is the other node's id."""

    slot: int
    importing: bool
    other: str


class ReplicaLink(Reply):
    """A replica as its master sees it; `lag_seconds` since its last acknowledgement."""

    address: str
    state: str = ""
    offset: int = 0
    lag_seconds: int | None = None


class ClusterNode(Reply):
    """A line of CLUSTER NODES. `flags` such as master, slave, fail, fail?, handshake; `master_id` of a replica.
    `moving` is known of the node that was asked alone."""

    id: str
    host: str = ""
    port: int = 0
    flags: tuple[str, ...] = ()
    master_id: str = ""
    connected: bool = True
    slots: tuple[SlotRange, ...] = ()
    moving: tuple[MovingSlot, ...] = ()

    @property
    def slot_count(self) -> int:
        return sum(part.count for part in self.slots)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def leads(self) -> bool:
        return "master" in self.flags

    @property
    def failed(self) -> bool:
        return "fail" in self.flags or "fail?" in self.flags


class CommandStat(Reply):
    """One command since the server started; `p50` and `p99` in microseconds where the server keeps them (7.0)."""

    name: str
    calls_total: int = 0
    microseconds_total: int = 0
    failed_total: int = 0
    rejected_total: int = 0
    p50: float | None = None
    p99: float | None = None

    @property
    def mean(self) -> float:
        """Microseconds per call."""
        return self.microseconds_total / self.calls_total if self.calls_total else 0.0


class LatencyEvent(Reply):
    """The last of a kind of slow moments that the server's latency monitor noted; `longest_ms` since it started."""

    name: str
    at: int
    last_ms: int
    longest_ms: int


class RedisInfo(Reply):
    """INFO of one node. `hit_ratio` over its whole life: ratios of now come from samples."""

    version: str
    role: str
    uptime_seconds: int = 0
    memory_bytes: int = 0
    memory_peak_bytes: int = 0
    memory_rss_bytes: int = 0
    memory_limit_bytes: int = 0
    fragmentation: float = 0.0
    policy: str = ""
    keys: int = 0
    keys_with_expiry: int = 0
    hits_total: int = 0
    misses_total: int = 0
    evicted_total: int = 0
    expired_total: int = 0
    commands_total: int = 0
    ops_per_second: float = 0.0
    clients: int = 0
    max_clients: int = 0
    blocked_clients: int = 0
    rejected_connections_total: int = 0
    replication_offset: int = 0
    bytes_in_total: int = 0
    bytes_out_total: int = 0
    replicas: tuple[ReplicaLink, ...] = ()
    master_address: str = ""
    master_link_up: bool = True
    master_seconds_since_io: int | None = None
    syncing: bool = False
    loading: bool = False
    aof_enabled: bool = False
    aof_last_write_ok: bool = True
    rdb_last_save_ok: bool = True
    rdb_changes_since_save: int = 0

    @property
    def memory_used(self) -> float:
        """Share of the limit, 0 to 1; 0 where there is no limit."""
        return self.memory_bytes / self.memory_limit_bytes if self.memory_limit_bytes else 0.0

    @property
    def evicts_by_use(self) -> bool:
        """Whether it keeps how often a key is used (OBJECT FREQ)."""
        return "lfu" in self.policy

    def behind(self, replica: ReplicaLink) -> int:
        """Bytes of the replication stream that a replica of this master has not acknowledged."""
        return max(0, self.replication_offset - replica.offset)

    @property
    def hit_ratio(self) -> float | None:
        asked = self.hits_total + self.misses_total
        return self.hits_total / asked if asked else None
