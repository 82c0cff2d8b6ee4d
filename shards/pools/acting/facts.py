"""What a plan to act on a pool rests on: the pool as it tells of itself, and the servers that it leads to."""

from collections import Counter
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shards.clients.pgbouncer_replies import Pool, PoolConnection, PooledDatabase


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Room(_Frozen):
    """A PostgreSQL that a pool leads to. `usable`: the connections that it lets roles without privileges have;
    `problem` when it did not say."""

    server: str
    host: str
    port: int
    usable: int = 0
    leads: bool = False
    problem: str = ""


class StandingPause(_Frozen):
    """What the console's book says of a pause; `active`: the operation that asked for it is under way."""

    operation: int
    ends_at: datetime
    active: bool = False


class PoolActFacts(_Frozen):
    """`problem` is set when the pool did not answer. `clients` and `servers` are those of the one database, `pause` is
    its. `no_guard` says why no guard would end a pause; empty when one would."""

    pool: str
    shard: str = ""
    problem: str = ""
    version: str = ""
    databases: tuple[PooledDatabase, ...] = ()
    pools: tuple[Pool, ...] = ()
    clients: tuple[PoolConnection, ...] = ()
    servers: tuple[PoolConnection, ...] = ()
    config: dict[str, str] = {}
    rooms: tuple[Room, ...] = ()
    pause: StandingPause | None = None
    no_guard: str = ""

    def database(self, name: str) -> PooledDatabase | None:
        return next((one for one in self.databases if one.name == name), None)

    def number(self, setting: str) -> int:
        """Of its configuration; 0 where it does not say."""
        said = self.config.get(setting, "")
        return int(said) if said.isdigit() else 0

    @property
    def in_transaction(self) -> int:
        return sum(client.linked for client in self.clients)

    @property
    def waiting(self) -> int:
        return sum(client.state == "waiting" for client in self.clients)

    def users_of(self, database: str) -> int:
        """Each user of a database has a pool of its own; one at least is counted."""
        return max(1, len({pool.user for pool in self.pools if pool.database == database}))

    @property
    def of_default_size(self) -> tuple[PooledDatabase, ...]:
        """Those that the default size applies to; PgBouncer does not say of an equal one whether it is their own."""
        default = self.number("default_pool_size")
        return tuple(one for one in self.databases if one.pool_size == default)

    @property
    def who(self) -> list[dict[str, object]]:
        """Clients by user, application and address, the most first."""
        seen = Counter((one.user, one.application, one.host) for one in self.clients)
        busy = Counter((one.user, one.application, one.host) for one in self.clients if one.linked)
        return [
            {
                "user": user,
                "application": application,
                "address": address,
                "clients": number,
                "in_transaction": busy[key],
            }
            for key, number in seen.most_common(50)
            for user, application, address in (key,)
        ]
