"""`partitions-create`: three partitions of a table of our own on a real shard, and a look at the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django_tenants.utils import tenant_context

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from tests import on_shard
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.faults import Way
from tests.proof.scene import Scene

SHARD, COUNT = "shard-1", 3
MADE = tuple(f"events_2026{month:02}" for month in range(4, 4 + COUNT))
TABLES = """
SELECT relname::text, oid IN (SELECT inhrelid FROM pg_inherits) FROM pg_class
WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relname <> 'events_202603' ORDER BY relname
"""


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    schema = f"proof_{uuid4().hex[:12]}"
    with tenant_context(scene.fleet), on_shard.session(SHARD) as session:
        session.execute(f"""
            CREATE SCHEMA {schema};
            CREATE TABLE {schema}.events (tenant_id text, month integer, PRIMARY KEY (tenant_id, month))
                PARTITION BY RANGE (month);
            CREATE TABLE {schema}.events_202603 PARTITION OF {schema}.events FOR VALUES FROM (202603) TO (202604);
        """)

        def violations(operation: Operation) -> list[str]:
            wanted = [(name, True) for name in MADE] if operation.status == Status.DONE else []
            found = session.execute(TABLES, [schema]).fetchall()
            return [] if found == wanted else [f"{schema} has the tables {found} (name, attached), not {wanted}."]

        try:
            yield Case(
                kind="partitions-create",
                parameters=lambda way: {"shard": SHARD, "table": f"{schema}.events", "count": COUNT},
                violations=violations,
                cancel_after=COUNT - 1,
            )
        finally:
            session.execute(f"DROP SCHEMA {schema} CASCADE")


SUBJECT = Subject(
    kind="partitions-create",
    make=make,
    steps=COUNT + 1,
    back=COUNT,
    # The table is made and not attached; the table is detached and not dropped: nothing of that is committed.
    calls=(Call(1, "shards.partitions.ddl:_attach"), Call(1, "shards.partitions.ddl:retire", 1, Way.BACK)),
)
