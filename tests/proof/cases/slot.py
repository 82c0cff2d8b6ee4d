"""`slot-drop`: the slot that was named goes with who reads from it, and a second one stays."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import psycopg2
from django_tenants.utils import tenant_context
from psycopg2.extras import LogicalReplicationConnection

from novaops.inventory.targets import Target
from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.dataplane.published import PUBLICATION
from shards.partitions.leader import find
from tests import on_shard
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.leftover import DROP, SHARD, SLOTS
from tests.proof.scene import Scene

END = "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name LIKE %s AND active"


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    mark = f"proof_{uuid4().hex[:12]}"
    doomed, kept = f"{mark}_doomed", f"{mark}_kept"
    with tenant_context(scene.fleet), on_shard.session(SHARD) as session:
        leader = find(SHARD)
        for name in (doomed, kept):
            session.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [name])

        def violations(operation: Operation) -> list[str]:
            found = sorted(row[0] for row in session.execute(SLOTS, [f"{mark}%"]).fetchall())
            wanted = [doomed, kept] if operation.status == Status.CANCELLED else [kept]
            return [] if found == wanted else [f"The slots that are left are {found}, not {wanted}."]

        try:
            with _reading(leader, doomed):
                told = {"server": leader.name, "slot": doomed, "end_reader": True}
                yield Case(kind="slot-drop", parameters=lambda way: told, violations=violations)
        finally:
            session.execute(END, [f"{mark}%"])
            session.execute(DROP, [f"{mark}%"])


@contextmanager
def _reading(leader: Target, slot: str) -> Iterator[None]:
    reader = psycopg2.connect(
        host=leader.host,
        port=leader.port,
        dbname=leader.database,
        user=leader.login.username,
        password=leader.login.password,
        connection_factory=LogicalReplicationConnection,
    )
    with reader.cursor() as cursor:
        cursor.start_replication(slot, options={"proto_version": "1", "publication_names": PUBLICATION})
    try:
        yield
    finally:
        with suppress(psycopg2.Error):
            reader.close()


# The reader was ended, and the slot is about to be dropped; it was dropped, and is about to be asked for.
SUBJECT = Subject(
    kind="slot-drop",
    make=make,
    steps=1,
    calls=(Call(0, "shards.slots.steps:state_of", 2), Call(0, "shards.slots.steps:is_gone")),
)
