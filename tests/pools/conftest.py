"""A live pool, clients of it, and operations on it."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import application_login, pool_of
from novaops.operations import services
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.clients.pgbouncer import PgBouncer
from tests.conftest import MakePerson

SHARD, POOL, DATABASE = "shard-2", "shard-2-pool", "replica"
Client = psycopg.Connection[Any]
Connect = Callable[..., Client]


class Run(Protocol):
    def __call__(self, kind: str, **parameters: Any) -> Operation: ...


@pytest.fixture
def pool(live_fleet: Fleet) -> PgBouncer:
    with tenant_context(live_fleet):
        return PgBouncer(pool_of(SHARD))


@pytest.fixture
def connect(live_fleet: Fleet, pool: PgBouncer) -> Iterator[Connect]:
    """An application's connection through the pool, which the name given tells from others."""
    with tenant_context(live_fleet):
        login = application_login(SHARD)
    opened: list[Client] = []

    def made(name: str = "pools-test") -> Client:
        opened.append(
            psycopg.connect(
                host=pool.target.host,
                port=pool.target.port,
                dbname=DATABASE,
                user=login.username,
                password=login.password,
                application_name=name,
                connect_timeout=10,
                prepare_threshold=None,
                autocommit=True,
            )
        )
        return opened[-1]

    yield made
    for one in opened:
        one.close()


@pytest.fixture
def ask(live_fleet: Fleet, person: MakePerson) -> Run:
    """The operation, as far as its plan."""

    def asked(kind: str, **parameters: Any) -> Operation:
        with tenant_context(live_fleet):
            return services.request(kind, parameters, person("operator"), "Because of the incident.")

    return asked


@pytest.fixture
def queue(ask: Run, live_fleet: Fleet, person: MakePerson) -> Run:
    """The same, confirmed, and approved where the policy asks for that."""

    def queued(kind: str, **parameters: Any) -> Operation:
        operation = ask(kind, **parameters)
        with tenant_context(live_fleet):
            assert operation.status == Status.PLANNED, operation.outcome
            operation = services.confirm(operation, person("operator"), operation.plan.confirm)
            return services.approve(operation, person("approver")) if operation.status == "waiting" else operation

    return queued


@pytest.fixture
def run(queue: Run, live_fleet: Fleet) -> Run:
    """The same, carried out."""

    def done(kind: str, **parameters: Any) -> Operation:
        operation = queue(kind, **parameters)
        with tenant_context(live_fleet):
            execute(operation.pk)
            operation.refresh_from_db()
            return operation

    return done
