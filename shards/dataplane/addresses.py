"""How the data plane's tools reach a shard: any member is named, PostgreSQL's own client finds the leader."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from novaops.inventory.targets import Login
from shards.dataplane.problems import DataPlaneProblem

CONNECT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class ShardDatabase:
    """A shard's database by the addresses (host, port) of all its members; `application_role` gets the grants;
    `tls` are libpq's parameters."""

    shard: str
    members: tuple[tuple[str, int], ...]
    database: str
    login: Login
    application_role: str = "novacron_app"
    tls: dict[str, Any] = field(default_factory=dict, hash=False)


@contextmanager
def leader(shard: ShardDatabase, purpose: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to the member that accepts writes; DataPlaneProblem when there is none."""
    try:
        connection = psycopg.connect(
            host=",".join(host for host, _ in shard.members),
            port=",".join(str(port) for _, port in shard.members),
            dbname=shard.database,
            user=shard.login.username,
            password=shard.login.password,
            target_session_attrs="read-write",
            connect_timeout=CONNECT_SECONDS,
            application_name=f"novaops {purpose}",
            options="-c timezone=UTC -c lock_timeout=15s",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            autocommit=True,
            **shard.tls,
        )
    except psycopg.OperationalError as error:
        tried = ", ".join(f"{host}:{port}" for host, port in shard.members)
        reason = str(error).strip().splitlines()[-1]
        raise DataPlaneProblem(f"{shard.shard} has no member that accepts writes (tried {tried}): {reason}") from error
    with connection:
        yield connection
