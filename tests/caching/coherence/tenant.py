"""One tenant with a few VMs. The name of a VM in vms_hot is the number of its last write."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.caching.coherence.places import Places
from tests.waiting import wait_for

MAKE = """
    INSERT INTO vms_hot (tenant_id, id, name, state_id)
    SELECT %s, unnest(%s::uuid[]), '0', 3
"""
WRITE = "UPDATE vms_hot SET name = %(number)s WHERE tenant_id = %(tenant)s AND id = %(vm)s"
READ = "SELECT name FROM vms_hot WHERE id = %(vm)s"


@dataclass(frozen=True, slots=True)
class Tenant:
    name: str
    vms: tuple[str, ...]


@contextmanager
def tenant(places: Places, vms: int) -> Iterator[Tenant]:
    """Gone afterwards, as soon as the shard has a leader."""
    made = Tenant(f"coherence-{uuid.uuid4().hex[:8]}", tuple(str(uuid.uuid4()) for _ in range(vms)))
    with places.leader() as leader:
        leader.execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, 'Proof of coherence')", (made.name,))
        leader.execute(MAKE, (made.name, list(made.vms)))
    try:
        yield made
    finally:
        wait_for(lambda: _removed(places, made), f"a leader of {places.shard['name']} to tidy up on")


def _removed(places: Places, made: Tenant) -> bool:
    with places.leader() as leader:
        for table in ("vms_hot", "tenants"):
            leader.execute(f"DELETE FROM {table} WHERE tenant_id = %s", (made.name,))
    return True


def read(connection: psycopg.Connection[Any], name: str, vm: str) -> int:
    """The number of the last write, as the database has it."""
    with connection.transaction():
        connection.execute("SELECT set_config('novaops.tenant_id', %s, true)", (name,))
        row = connection.execute(READ, {"vm": vm}).fetchone()
    assert row is not None, f"VM {vm} of {name} is gone"
    return int(row[0])


def write(connection: psycopg.Connection[Any], name: str, vm: str, number: int) -> None:
    with connection.transaction():
        connection.execute("SELECT set_config('novaops.tenant_id', %s, true)", (name,))
        connection.execute(WRITE, {"tenant": name, "vm": vm, "number": str(number)})
