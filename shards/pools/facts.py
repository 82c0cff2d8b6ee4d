"""What is known of a PgBouncer."""

from metrics.contract import Facts
from shards.clients.pgbouncer_replies import Pool, PoolConnection, PooledDatabase, PoolTraffic


class PgBouncerFacts(Facts):
    """`clients` and `max_clients` count client connections over all databases. `databases` leaves out the console.
    `config` has what the page shows, and nothing that could hold a secret."""

    version: str
    pools: tuple[Pool, ...] = ()
    databases: tuple[PooledDatabase, ...] = ()
    traffic: tuple[PoolTraffic, ...] = ()
    clients: int = 0
    max_clients: int = 0
    pool_mode: str = ""
    default_pool_size: int = 0
    max_prepared_statements: int = 0
    config: dict[str, str] = {}

    @property
    def waiting(self) -> int:
        return sum(pool.cl_waiting for pool in self.pools)

    @property
    def maxwait_seconds(self) -> float:
        return max((pool.maxwait_seconds for pool in self.pools), default=0.0)

    @property
    def paused(self) -> bool:
        return any(database.paused for database in self.databases)

    def database(self, name: str) -> PooledDatabase | None:
        return next((database for database in self.databases if database.name == name), None)

    def utilisation(self, name: str) -> float:
        """Share of a database's pools that is in use, 0 to 1; the fullest user counts, as the limit is per user."""
        database = self.database(name)
        if database is None or database.pool_size <= 0:
            return 0.0
        busiest = max((pool.sv_active for pool in self.pools if pool.database == name), default=0)
        return busiest / database.pool_size


class PgBouncerConnectionsFacts(Facts):
    """Clients and servers that wait longest, first. `asked` is False where there were too many to ask for."""

    clients: tuple[PoolConnection, ...] = ()
    servers: tuple[PoolConnection, ...] = ()
    clients_total: int = 0
    servers_total: int = 0
    clients_by_state: dict[str, int] = {}
    servers_by_state: dict[str, int] = {}
    asked: bool = True
