"""PgBouncer's admin console. It speaks only simple queries and has no parameters."""

from dataclasses import dataclass
from typing import Any

import psycopg

from novaops.inventory.targets import Target
from shards.clients.pgbouncer_replies import (
    CONSOLE,
    Pool,
    PoolClient,
    PooledDatabase,
    PoolReport,
    PoolServer,
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
                pools=tuple(_pool(row) for row in _rows(console, b"SHOW POOLS") if row["database"] != CONSOLE),
                databases=tuple(_database(row) for row in _rows(console, b"SHOW DATABASES") if row["name"] != CONSOLE),
                traffic=tuple(_traffic(row) for row in _rows(console, b"SHOW STATS") if row["database"] != CONSOLE),
                clients=_used_clients(console),
                config={row["key"]: row["value"] or "" for row in _rows(console, b"SHOW CONFIG")},
            )

    def databases(self) -> tuple[PooledDatabase, ...]:
        """Where each name leads to, and no more: for whoever asks again and again."""
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            return tuple(_database(row) for row in _rows(console, b"SHOW DATABASES") if row["name"] != CONSOLE)

    def database(self, name: str) -> PooledDatabase | None:
        return next((one for one in self.databases() if one.name == name), None)

    def clients(self, database: str) -> tuple[PoolClient, ...]:
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            return tuple(_client(row) for row in _rows(console, b"SHOW CLIENTS") if row["database"] == database)

    def servers(self, database: str) -> tuple[PoolServer, ...]:
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            rows = _rows(console, b"SHOW SERVERS")
        return tuple(PoolServer.model_validate(_known(row)) for row in rows if row["database"] == database)

    def connection(self, port: int, pid: int) -> tuple[PoolServer, PoolClient | None] | None:
        """The connection to the PostgreSQL at that port whose process has this number, and its client at the moment."""
        with _sessions.open(self.target, self.timeout, CONSOLE) as console:
            rows = [PoolServer.model_validate(_known(row)) for row in _rows(console, b"SHOW SERVERS")]
            found = next((one for one in rows if (one.port, one.remote_pid) == (port, pid)), None)
            clients = [_client(row) for row in _rows(console, b"SHOW CLIENTS")] if found and found.link else []
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


def _rows(console: Session, command: bytes) -> list[dict[str, Any]]:
    return console.execute(command).fetchall()


def _version(console: Session) -> str:
    """Such as "PgBouncer 1.18.0"; older ones say it as a notice only."""
    rows = _rows(console, b"SHOW VERSION")
    return str(next(iter(rows[0].values()))).removeprefix("PgBouncer ") if rows else ""


def _used_clients(console: Session) -> int:
    return next((int(row["items"]) for row in _rows(console, b"SHOW LISTS") if row["list"] == "used_clients"), 0)


def _pool(row: dict[str, Any]) -> Pool:
    return Pool.model_validate({**row, "maxwait_seconds": row["maxwait"] + row.get("maxwait_us", 0) / 1e6})


def _client(row: dict[str, Any]) -> PoolClient:
    return PoolClient.model_validate({**_known(row), "wait_seconds": row.get("wait", 0) + row.get("wait_us", 0) / 1e6})


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _database(row: dict[str, Any]) -> PooledDatabase:
    reserve = row.get("reserve_pool", row.get("reserve_pool_size", 0))
    known = _known(row)
    return PooledDatabase.model_validate(
        known | {"reserve_pool": reserve, "paused": bool(row["paused"]), "disabled": bool(row["disabled"])}
    )


def _traffic(row: dict[str, Any]) -> PoolTraffic:
    return PoolTraffic(
        database=row["database"],
        transactions_total=int(row["total_xact_count"]),
        queries_total=int(row["total_query_count"]),
        received_bytes_total=int(row["total_received"]),
        sent_bytes_total=int(row["total_sent"]),
        query_us_total=int(row["total_query_time"]),
        wait_us_total=int(row["total_wait_time"]),
    )
