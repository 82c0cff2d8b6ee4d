"""`leftover-remove`: a replication slot that nobody reads goes, and a second one of another name stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django_tenants.utils import tenant_context

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from shards.leftovers.survey import leftovers
from tests import on_shard
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.scene import Scene

SHARD = "shard-1"
SLOTS = "SELECT slot_name::text FROM pg_replication_slots WHERE slot_name LIKE %s"
DROP = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE %s"


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    mark = f"proof_{uuid4().hex[:12]}"
    doomed, kept = f"{mark}_doomed", f"{mark}_kept"
    with tenant_context(scene.fleet), on_shard.session(SHARD) as session:
        for name in (doomed, kept):
            session.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [name])
        key = next(one.key for one in leftovers(SHARD) if one.name == doomed)

        def violations(operation: Operation) -> list[str]:
            found = sorted(row[0] for row in session.execute(SLOTS, [f"{mark}%"]).fetchall())
            wanted = [doomed, kept] if operation.status == Status.CANCELLED else [kept]
            return [] if found == wanted else [f"The slots that are left are {found}, not {wanted}."]

        try:
            yield Case(
                kind="leftover-remove",
                parameters=lambda way: {"leftover": key},
                violations=violations,
            )
        finally:
            session.execute(DROP, [f"{mark}%"])


SUBJECT = Subject(
    kind="leftover-remove",
    make=make,
    steps=1,
    # It was asked for a second time whether the slot is there, and is about to be dropped.
    calls=(Call(0, "shards.leftovers.removal.objects:is_there", 2),),
)
