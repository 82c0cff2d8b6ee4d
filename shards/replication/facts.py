"""What is known of a member, of its PostgreSQL and of the DCS behind it."""

from datetime import datetime

from metrics.contract import Facts
from shards.clients.etcd_replies import EtcdStatus
from shards.clients.patroni_replies import Cluster, Config, Status, TimelineSwitch


class PatroniFacts(Facts):
    """One member's own status and the cluster as it sees it."""

    status: Status
    cluster: Cluster


class PatroniSettingsFacts(Facts):
    """What changes seldom: dynamic configuration and the last switches of timeline, oldest first."""

    config: Config
    history: tuple[TimelineSwitch, ...] = ()


class EtcdFacts(Facts):
    status: EtcdStatus
    took_ms: float = 0.0


class StandbyConnection(Facts):
    """A row of pg_stat_replication. Bytes behind this server's position; seconds as measured, None when idle."""

    application_name: str
    client_address: str | None = None
    state: str = ""
    sync_state: str = ""
    sent_lag_bytes: int | None = None
    flush_lag_bytes: int | None = None
    replay_lag_bytes: int | None = None
    write_lag_seconds: float | None = None
    flush_lag_seconds: float | None = None
    replay_lag_seconds: float | None = None


class Slot(Facts):
    """A replication slot. `wal_status`: reserved, extended, unreserved or lost; `held_bytes`: the WAL that it holds."""

    name: str
    kind: str
    plugin: str = ""
    database: str = ""
    active: bool = False
    temporary: bool = False
    wal_status: str = ""
    held_bytes: int | None = None
    safe_bytes: int | None = None


class LongestTransaction(Facts):
    pid: int
    seconds: float
    user: str = ""
    application: str = ""
    state: str = ""
    query: str = ""


class PostgresFacts(Facts):
    """One server. Positions are absolute bytes; counters grow since `stats_reset`. A standby has `received` and
    `replayed`, and `replay_lag_seconds` (0 when it replayed all that it received); a primary has `written`."""

    version: str
    version_number: int
    in_recovery: bool
    started_at: datetime
    uptime_seconds: float
    timeline: int | None = None
    system_identifier: str = ""
    checksums: bool = False
    written: int | None = None
    received: int | None = None
    replayed: int | None = None
    replay_lag_seconds: float | None = None
    replay_paused: bool = False
    receiver_status: str = ""
    sender_host: str = ""
    sender_port: int | None = None
    database: str = ""
    database_bytes: int = 0
    temp_bytes_total: int = 0
    data_directory: str = ""
    max_connections: int = 0
    connections: int = 0
    connections_by_state: dict[str, int] = {}
    commits_total: int = 0
    rollbacks_total: int = 0
    deadlocks_total: int = 0
    conflicts_total: int = 0
    blocks_hit_total: int = 0
    blocks_read_total: int = 0
    rows_returned_total: int = 0
    rows_written_total: int = 0
    checksum_failures: int | None = None
    stats_reset: datetime | None = None
    longest_transaction: LongestTransaction | None = None
    standbys: tuple[StandbyConnection, ...] = ()
    slots: tuple[Slot, ...] = ()
    pending_restart: tuple[str, ...] = ()

    @property
    def connections_used(self) -> float:
        """Share of max_connections, 0 to 1."""
        return self.connections / self.max_connections if self.max_connections else 0.0
