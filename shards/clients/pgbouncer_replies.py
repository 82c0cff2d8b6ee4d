"""PgBouncer's SHOW commands as types; columns that only newer versions have stay at their default."""

from shards.clients.reply import Reply

CONSOLE = "pgbouncer"


class Pool(Reply):
    """A row of SHOW POOLS: the connections of one user to one database."""

    database: str
    user: str
    cl_active: int = 0
    cl_waiting: int = 0
    sv_active: int = 0
    sv_idle: int = 0
    sv_used: int = 0
    sv_tested: int = 0
    sv_login: int = 0
    maxwait_seconds: float = 0.0
    pool_mode: str = ""


class PooledDatabase(Reply):
    """A row of SHOW DATABASES: where the name leads to."""

    name: str
    host: str = ""
    port: int = 0
    database: str = ""
    pool_size: int = 0
    reserve_pool: int = 0
    pool_mode: str = ""
    max_connections: int = 0
    current_connections: int = 0
    paused: bool = False
    disabled: bool = False


class PoolClient(Reply):
    """A row of SHOW CLIENTS. `link` names the server connection that works for it: in transaction pooling, it is in a
    transaction then. `wait_seconds`: how long it has waited for one."""

    user: str = ""
    database: str
    state: str = ""
    addr: str = ""
    port: int = 0
    connect_time: str = ""
    application_name: str = ""
    ptr: str = ""
    link: str = ""
    wait_seconds: float = 0.0


class PoolServer(Reply):
    """A row of SHOW SERVERS: a connection to PostgreSQL. `close_needed`: it is closed when its client lets go of it."""

    user: str = ""
    database: str
    state: str = ""
    addr: str = ""
    port: int = 0
    connect_time: str = ""
    remote_pid: int = 0
    local_port: int = 0
    close_needed: bool = False
    link: str = ""

    @property
    def identity(self) -> tuple[int, int, str]:
        """Tells one connection from every other of this pool, also from a later one."""
        return self.remote_pid, self.local_port, self.connect_time


class PoolTraffic(Reply):
    """A row of SHOW STATS: totals since start; times in microseconds."""

    database: str
    transactions_total: int = 0
    queries_total: int = 0
    received_bytes_total: int = 0
    sent_bytes_total: int = 0
    query_us_total: int = 0
    wait_us_total: int = 0


class PoolReport(Reply):
    """Everything that one visit to the console brings."""

    version: str
    pools: tuple[Pool, ...] = ()
    databases: tuple[PooledDatabase, ...] = ()
    traffic: tuple[PoolTraffic, ...] = ()
    clients: int = 0
    config: dict[str, str] = {}
