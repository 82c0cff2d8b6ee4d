"""PgBouncer's admin console. It speaks only simple queries and has no parameters."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg

from novaops.inventory.targets import Target
from shards.clients.pgbouncer_replies import (
    CONSOLE,
    Pool,
    PoolConnection,
    PoolConnections,
    PooledDatabase,
    PoolReport,
    PoolTraffic,
)
from shards.clients.postgres import Session, Sessions

ACT_SECONDS = 10.0
_sessions = Sessions()


@dataclass(frozen=True, slots=True)
class PgBouncer:
    target: Target
    timeout: float = 3.0

    def report(self) -> PoolReport:
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            return PoolReport(
                version=_version(console),
                pools=tuple(map(Pool.from_row, _rows(console, b"SHOW POOLS"))),
                databases=tuple(map(PooledDatabase.from_row, _rows(console, b"SHOW DATABASES", "name"))),
                traffic=tuple(map(PoolTraffic.from_row, _rows(console, b"SHOW STATS"))),
                clients=_used(console)["used_clients"],
                config={row["key"]: row["value"] or "" for row in _rows(console, b"SHOW CONFIG", "")},
            )

    def connections(self, most: int) -> PoolConnections:
        """Clients and servers, unless there are more than `most` of them: PgBouncer cannot answer with a part, and
        serves nobody while it writes the list."""
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            used = _used(console)
            clients, servers = used["used_clients"], used["used_servers"]
            if clients + servers > most:
                return PoolConnections(clients_total=clients, servers_total=servers, asked=False)
            shown, behind = (
                tuple(map(PoolConnection.from_row, _rows(console, command)))
                for command in (b"SHOW CLIENTS", b"SHOW SERVERS")
            )
            return PoolConnections(clients=shown, servers=behind, clients_total=len(shown), servers_total=len(behind))

    def databases(self) -> tuple[PooledDatabase, ...]:
        """Where each name leads to, and no more: for whoever asks again and again."""
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            return tuple(map(PooledDatabase.from_row, _rows(console, b"SHOW DATABASES", "name")))

    def database(self, name: str) -> PooledDatabase | None:
        return next((one for one in self.databases() if one.name == name), None)

    def clients(self, database: str) -> tuple[PoolConnection, ...]:
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            rows = _rows(console, b"SHOW CLIENTS")
        return tuple(PoolConnection.from_row(row) for row in rows if row["database"] == database)

    def servers(self, database: str) -> tuple[PoolConnection, ...]:
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            rows = _rows(console, b"SHOW SERVERS")
        return tuple(PoolConnection.from_row(row) for row in rows if row["database"] == database)

    def connection(self, port: int, pid: int) -> tuple[PoolConnection, PoolConnection | None] | None:
        """The connection to the PostgreSQL at that port whose process has this number, and its client at the moment."""
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            rows = [PoolConnection.from_row(row) for row in _rows(console, b"SHOW SERVERS")]
            found = next((one for one in rows if (one.port, one.remote_pid) == (port, pid)), None)
            clients = map(PoolConnection.from_row, _rows(console, b"SHOW CLIENTS")) if found and found.link else ()
        return (found, next((one for one in clients if one.ptr == found.link), None)) if found else None

    def pause(self, database: str, seconds: float = ACT_SECONDS) -> None:
        """Waits until running transactions ended, at most `seconds`; new ones queue. It may have come to pass
        whatever is raised: whoever calls it must make sure of `resume`."""
        self._act(b"PAUSE", database, seconds)

    def resume(self, database: str, seconds: float = ACT_SECONDS) -> None:
        self._act(b"RESUME", database, seconds)

    def reconnect(self, database: str) -> None:
        self._act(b"RECONNECT", database)

    def reload(self) -> None:
        """Reads its files again: whatever `set_default_pool_size` said is forgotten then."""
        self._act(b"RELOAD", "")

    def kill(self, database: str) -> None:
        """Drops all its clients and servers at once, and leaves it paused: whoever calls it makes sure of `resume`."""
        self._act(b"KILL", database)

    def set_default_pool_size(self, size: int) -> None:
        """For all databases that have no size of their own, until PgBouncer is reloaded or restarted."""
        with _sessions.open(self.target, ACT_SECONDS, CONSOLE) as console:
            console.execute(b"SET default_pool_size = %d" % size)

    def _act(self, verb: bytes, database: str, seconds: float = ACT_SECONDS) -> None:
        command = verb + (b" " + psycopg.sql.Identifier(database).as_bytes(None) if database else b"")
        with _sessions.open(self.target, seconds, CONSOLE) as console:
            console.execute(command)


def _rows(console: Session, command: bytes, database: str = "database") -> list[dict[str, Any]]:
    """Without those of the admin console itself, which the column `database` tells."""
    return [row for row in console.execute(command).fetchall() if row.get(database) != CONSOLE]


def _version(console: Session) -> str:
    """Such as "PgBouncer 1.18.0"; older ones say it as a notice only."""
    rows = _rows(console, b"SHOW VERSION", "")
    return str(next(iter(rows[0].values()))).removeprefix("PgBouncer ") if rows else ""


def _used(console: Session) -> defaultdict[str, int]:
    return defaultdict(int, {row["list"]: int(row["items"]) for row in _rows(console, b"SHOW LISTS", "")})
