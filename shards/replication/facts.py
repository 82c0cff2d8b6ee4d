"""What is known of a member, of its PostgreSQL and of the DCS behind it."""

from datetime import datetime

from pydantic import field_validator

from metrics.contract import Facts
from shards.clients.etcd_replies import EtcdStatus
from shards.clients.patroni_replies import Cluster, Config, Status, TimelineSwitch
from shards.masked_sql import masked


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
    """A replication slot. `wal_status`: reserved, extended, unreserved or lost; `held_bytes`: the WAL that it holds;
    `invalid`: why nobody can read from it any more (PostgreSQL 16), empty while one can; `failover` and `synced`: it is
    kept on standbys, and is such a copy (17)."""

    name: str
    kind: str
    plugin: str = ""
    database: str = ""
    active: bool = False
    temporary: bool = False
    wal_status: str = ""
    held_bytes: int | None = None
    safe_bytes: int | None = None
    invalid: str = ""
    failover: bool = False
    synced: bool = False
    inactive_since: datetime | None = None


class LongestTransaction(Facts):
    pid: int
    seconds: float
    user: str = ""
    application: str = ""
    state: str = ""
    query: str = ""

    @field_validator("query")
    @classmethod
    def _nothing_that_was_typed(cls, query: str) -> str:
        return masked(query)


class Replayer(Facts):
    """A standby's startup process, which replays what arrives, and for what it waits, in PostgreSQL's words."""

    pid: int
    wait_type: str = ""
    wait: str = ""

    @property
    def wants_wal(self) -> bool:
        """It has replayed all that it knows of."""
        return self.wait_type == "Activity"

    @property
    def waits_for_others(self) -> bool:
        """A recovery conflict: it may not go on while a transaction on this standby is open."""
        return self.wait_type in ("Lock", "BufferPin") or self.wait.startswith("RecoveryConflict")


class Backend(Facts):
    """A client's connection. `started` is PostgreSQL's own text of its beginning, by which a reused pid is told apart;
    `query` is masked. Seconds are ages when it was asked; None: no transaction, or not to be seen."""

    pid: int
    user: str = ""
    application: str = ""
    client: str = ""
    database: str = ""
    state: str = ""
    wait_type: str = ""
    wait: str = ""
    started: str | None = None
    transaction_seconds: float | None = None
    query_seconds: float | None = None
    state_seconds: float | None = None
    blocked_by: tuple[int, ...] = ()
    query: str = ""

    @field_validator("query", mode="before")
    @classmethod
    def _nothing_that_was_typed(cls, query: str | None) -> str:
        return masked(query or "")

    @property
    def waiting(self) -> str:
        """For what it waits, in PostgreSQL's words; a client that says nothing is not waited for."""
        return "" if not self.wait_type or self.wait_type == "Client" else f"{self.wait_type}: {self.wait}"


class BaseBackup(Facts):
    """A base backup that is being taken; `total_bytes` is an estimate, None while there is none."""

    pid: int
    application: str = ""
    client: str = ""
    phase: str = ""
    total_bytes: int | None = None
    done_bytes: int = 0
    seconds: float | None = None

    @property
    def share(self) -> float | None:
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else None


class Archiver(Facts):
    """pg_stat_archiver. `mode` is archive_mode: off, on or always."""

    mode: str = "off"
    archived_count: int = 0
    last_wal: str = ""
    last_at: datetime | None = None
    failed_count: int = 0
    failed_wal: str = ""
    failed_at: datetime | None = None

    @property
    def failing(self) -> bool:
        """The last try failed."""
        return self.failed_at is not None and (self.last_at is None or self.failed_at > self.last_at)


class Setting(Facts):
    """A setting that is not at its default, with its unit; what holds a password is never asked for."""

    name: str
    value: str = ""
    source: str = ""
    context: str = ""
    pending_restart: bool = False


class PostgresSettingsFacts(Facts):
    settings: tuple[Setting, ...] = ()


class PostgresFacts(Facts):
    """One server. Positions are absolute bytes; counters grow since `stats_reset`. A standby has `received` and
    `replayed`, and `replay_lag_seconds` (0 when it replayed all that it received); a primary has `written`.

    `replayed_commit_at` is when the last transaction was committed that it replayed; a leader keeps saying so until it
    is restarted. `may_see` is False where the role `seen_as` is not in pg_monitor: much is hidden from it then.
    `backends` are the 25 that have been at it longest."""

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
    replayer: Replayer | None = None
    receiver_status: str = ""
    sender_host: str = ""
    sender_port: int | None = None
    receiver_slot: str = ""
    receiver_written: int | None = None
    replayed_commit_at: datetime | None = None
    may_see: bool = True
    seen_as: str = ""
    synchronous_standby_names: str = ""
    wal_level: str = ""
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
    backends: tuple[Backend, ...] = ()
    lock_waits: int = 0
    base_backups: tuple[BaseBackup, ...] = ()
    conflicts: dict[str, int] = {}
    archiver: Archiver | None = None

    @property
    def connections_used(self) -> float:
        """Share of max_connections, 0 to 1."""
        return self.connections / self.max_connections if self.max_connections else 0.0
