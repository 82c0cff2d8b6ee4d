"""Databases of a test's own on the fleet's real shards: made empty, dropped afterwards."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg import sql

from novaops.inventory.targets import Login
from shards.dataplane import migrations, migrator
from shards.dataplane.addresses import ShardDatabase, leader


@pytest.fixture(scope="session")
def real_shards(state: Path) -> tuple[ShardDatabase, ...]:
    """As the fleet file says, so that databases can be shared by several tests."""
    described = yaml.safe_load((state / "fleet.yml").read_text())
    password = (state / "secrets" / "novaops").read_text().strip()
    return tuple(
        ShardDatabase(
            shard=shard["name"],
            members=tuple(host_and_port(member["postgres"]) for member in shard["members"]),
            database=shard["database"],
            login=Login("novaops", password),
        )
        for shard in described["shards"]
    )


def host_and_port(address: str) -> tuple[str, int]:
    host, port = address.rsplit(":", 1)
    return host, int(port)


@pytest.fixture(scope="session")
def superuser(state: Path) -> Login:
    return Login("postgres", (state / "secrets" / "postgres").read_text().strip())


@contextmanager
def new_database(shard: ShardDatabase, superuser: Login) -> Iterator[ShardDatabase]:
    """A new empty database on the shard's leader, owned by the console's role."""
    admin = replace(shard, database="postgres", login=superuser)
    name = f"dataplane_{uuid.uuid4().hex[:12]}"
    with leader(admin, "tests") as connection:
        names = (sql.Identifier(name), sql.Identifier(shard.login.username))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(*names))
    yield replace(shard, database=name)
    with leader(admin, "tests") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty_shards(real_shards: tuple[ShardDatabase, ...], superuser: Login) -> Iterator[tuple[ShardDatabase, ...]]:
    """Each real shard with an empty database."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(new_database(shard, superuser)) for shard in real_shards)


@pytest.fixture
def empty_shard(real_shards: tuple[ShardDatabase, ...], superuser: Login) -> Iterator[ShardDatabase]:
    with new_database(real_shards[0], superuser) as shard:
        yield shard


@pytest.fixture(scope="module")
def shared_shard(real_shards: tuple[ShardDatabase, ...], superuser: Login) -> Iterator[ShardDatabase]:
    """A migrated database for tests that leave it as it was."""
    with new_database(real_shards[0], superuser) as shard:
        migrator.migrate(shard, migrations.load(), lambda _: None)
        yield shard


@pytest.fixture
def migrated(empty_shard: ShardDatabase) -> ShardDatabase:
    migrator.migrate(empty_shard, migrations.load(), lambda _: None)
    return empty_shard


@pytest.fixture
def as_application(state: Path) -> Callable[[ShardDatabase], psycopg.Connection]:
    """A connection as an application has it, without any setting."""
    password = (state / "secrets" / "novacron_app").read_text().strip()

    def connect(shard: ShardDatabase) -> psycopg.Connection:
        return psycopg.connect(
            host=",".join(host for host, _ in shard.members),
            port=",".join(str(port) for _, port in shard.members),
            dbname=shard.database,
            user="novacron_app",
            password=password,
            target_session_attrs="read-write",
            connect_timeout=5,
        )

    return connect
