"""PgBouncer's SHOW commands as types; columns that only newer versions have stay at their default."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import field_validator

from shards.clients.reply import Reply

CONSOLE = "pgbouncer"
Row = Mapping[str, Any]


class Pool(Reply):
    """A row of SHOW POOLS: the connections of one user to one database. `cl_cancel_req` counts clients whose request to
    cancel is on its way or waits (1.18 tells them apart)."""

    database: str
    user: str
    cl_active: int = 0
    cl_waiting: int = 0
    cl_cancel_req: int = 0
    sv_active: int = 0
    sv_idle: int = 0
    sv_used: int = 0
    sv_tested: int = 0
    sv_login: int = 0
    sv_cancel: int = 0
    maxwait_seconds: float = 0.0
    pool_mode: str = ""

    @property
    def servers(self) -> int:
        """Every connection to PostgreSQL that it holds."""
        states = (self.sv_active, self.sv_idle, self.sv_used, self.sv_tested, self.sv_login, self.sv_cancel)
        return sum(states)

    @classmethod
    def from_row(cls, row: Row) -> "Pool":
        cancels = ("cl_cancel_req", "cl_active_cancel_req", "cl_waiting_cancel_req")
        return cls.model_validate(
            {
                **row,
                "maxwait_seconds": row["maxwait"] + row.get("maxwait_us", 0) / 1e6,
                "cl_cancel_req": sum(row.get(name, 0) for name in cancels),
                "sv_cancel": row.get("sv_active_cancel", 0) + row.get("sv_being_canceled", 0),
            }
        )


class PooledDatabase(Reply):
    """A row of SHOW DATABASES: where the name leads to. A limit of 0 is none; `current_clients` is None before 1.24."""

    name: str
    host: str = ""
    port: int = 0
    database: str = ""
    force_user: str = ""
    pool_size: int = 0
    min_pool_size: int = 0
    reserve_pool: int = 0
    pool_mode: str = ""
    max_connections: int = 0
    current_connections: int = 0
    max_clients: int = 0
    current_clients: int | None = None
    paused: bool = False
    disabled: bool = False

    @property
    def place(self) -> str:
        """host:port; without a host PgBouncer takes the unix socket of its own machine."""
        if not self.host or self.host.startswith(("/", "@")):
            return f"unix socket {self.host}, port {self.port}" if self.host else f"unix socket, port {self.port}"
        return f"{self.host}:{self.port}"

    @classmethod
    def from_row(cls, row: Row) -> "PooledDatabase":
        return cls.model_validate(
            _known(row)
            | {
                "reserve_pool": row.get("reserve_pool", row.get("reserve_pool_size", 0)),
                "max_clients": row.get("max_client_connections", 0),
                "current_clients": row.get("current_client_connections"),
                "paused": bool(row["paused"]),
                "disabled": bool(row["disabled"]),
            }
        )


class PoolTraffic(Reply):
    """A row of SHOW STATS: totals since start, and means over its last stats_period; times in microseconds. `parses` of
    clients and of servers, and `binds`, are of prepared statements (1.24)."""

    database: str
    transactions_total: int = 0
    queries_total: int = 0
    received_bytes_total: int = 0
    sent_bytes_total: int = 0
    transaction_us_total: int = 0
    query_us_total: int = 0
    wait_us_total: int = 0
    transactions_per_second: float = 0.0
    queries_per_second: float = 0.0
    received_per_second: float = 0.0
    sent_per_second: float = 0.0
    transaction_us: float = 0.0
    query_us: float = 0.0
    wait_us: float = 0.0
    client_parses_total: int | None = None
    server_parses_total: int | None = None
    binds_total: int | None = None

    @property
    def query_ms(self) -> float:
        return self.query_us / 1000

    @property
    def wait_ms(self) -> float:
        return self.wait_us / 1000

    @classmethod
    def from_row(cls, row: Row) -> "PoolTraffic":
        return cls(database=row["database"], **{name: row[said] for name, said in _STATS.items() if said in row})


_STATS = {
    "transactions_total": "total_xact_count",
    "queries_total": "total_query_count",
    "received_bytes_total": "total_received",
    "sent_bytes_total": "total_sent",
    "transaction_us_total": "total_xact_time",
    "query_us_total": "total_query_time",
    "wait_us_total": "total_wait_time",
    "transactions_per_second": "avg_xact_count",
    "queries_per_second": "avg_query_count",
    "received_per_second": "avg_recv",
    "sent_per_second": "avg_sent",
    "transaction_us": "avg_xact_time",
    "query_us": "avg_query_time",
    "wait_us": "avg_wait_time",
    "client_parses_total": "total_client_parse_count",
    "server_parses_total": "total_server_parse_count",
    "binds_total": "total_bind_count",
}


def _known(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


class PoolConnection(Reply):
    """A row of SHOW CLIENTS or SHOW SERVERS. `wait_seconds` counts while a client waits for a server, and for how long
    the answer to its query has been awaited otherwise; `prepared` is None before 1.21. `link` is the `ptr` of the other
    side that it works with now: a client is in a transaction then. Of a server: `remote_pid` is PostgreSQL's process,
    `close_needed` that it is closed when its client lets go of it."""

    user: str = ""
    database: str = ""
    state: str = ""
    host: str = ""
    port: int = 0
    application: str = ""
    connected_at: datetime | None = None
    requested_at: datetime | None = None
    wait_seconds: float = 0.0
    ptr: str = ""
    link: str = ""
    remote_pid: int = 0
    local_port: int = 0
    tls: str = ""
    close_needed: bool = False
    prepared: int | None = None

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def linked(self) -> bool:
        return bool(self.link)

    @property
    def identity(self) -> tuple[int, int, datetime | None]:
        """Tells one server connection from every other of this pool, also from a later one."""
        return self.remote_pid, self.local_port, self.connected_at

    @field_validator("connected_at", "requested_at", mode="before")
    @classmethod
    def _with_its_zone(cls, said: object) -> object:
        """2026-11-29 07:46:15 UTC."""
        return said.replace(" UTC", "+00:00") if isinstance(said, str) and said.endswith(" UTC") else said or None

    @classmethod
    def from_row(cls, row: Row) -> "PoolConnection":
        return cls.model_validate(
            _known(row)
            | {
                "host": row["addr"],
                "application": row.get("application_name") or "",
                "connected_at": row["connect_time"],
                "requested_at": row["request_time"],
                "wait_seconds": row["wait"] + row.get("wait_us", 0) / 1e6,
                "prepared": row.get("prepared_statements"),
            }
        )


class PoolReport(Reply):
    """Everything that one visit to the console brings."""

    version: str
    pools: tuple[Pool, ...] = ()
    databases: tuple[PooledDatabase, ...] = ()
    traffic: tuple[PoolTraffic, ...] = ()
    clients: int = 0
    config: dict[str, str] = {}


class PoolConnections(Reply):
    """`clients` and `servers` as far as they were asked for; the totals count all of them."""

    clients: tuple[PoolConnection, ...] = ()
    servers: tuple[PoolConnection, ...] = ()
    clients_total: int = 0
    servers_total: int = 0
    asked: bool = True
