"""`backend-terminate`: the session that was named ends, and another of the same role goes on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django_tenants.utils import tenant_context

from novaops.inventory.selectors import application_login
from novaops.inventory.targets import Target
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.backends.gather import gather
from shards.partitions.leader import find
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.scene import Scene

SHARD = "shard-1"
Session = psycopg.Connection[Any]


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    with tenant_context(scene.fleet):
        leader = find(SHARD)
        with _session(leader) as doomed, _session(leader) as kept:
            pid = doomed.info.backend_pid
            found = gather(leader.name, pid).backend
            assert found is not None
            told = {"server": leader.name, "pid": pid, "started": found.started.isoformat()}

            def violations(operation: Operation) -> list[str]:
                wanted = (operation.status == Status.CANCELLED, True)
                lives = (_lives(doomed), _lives(kept))
                return [] if lives == wanted else [f"The doomed and the kept session live: {lives}, not {wanted}."]

            yield Case(kind="backend-terminate", parameters=lambda way: told, violations=violations)


@contextmanager
def _session(leader: Target) -> Iterator[Session]:
    login = application_login(SHARD)
    session = psycopg.connect(
        host=leader.host,
        port=leader.port,
        dbname=leader.database,
        user=login.username,
        password=login.password,
        autocommit=True,
    )
    try:
        yield session
    finally:
        session.close()


def _lives(session: Session) -> bool:
    with suppress(psycopg.Error):
        session.execute("SELECT 1")
        return True
    return False


# It was signalled, and is about to be asked for.
SUBJECT = Subject(kind="backend-terminate", make=make, steps=1, calls=(Call(0, "shards.backends.steps:_state", 2),))
