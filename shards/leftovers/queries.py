"""This room's SQL, and what an answer is bounded by."""

from functools import cache
from pathlib import Path

from psycopg import sql

# Of each sort so many are told; a fleet with more has a problem that one page does not solve.
MOST = 200
ROWS_COUNTED = 10_000
VMS_LOOKED_AT = 200_000
# The tables whose rows belong to a VM without a foreign key: the column of its id, and of the row's age.
VM_PARTS = {"vms_hot": ("id", "last_state_change"), "vms_cold": ("id", "created_at"), "vm_audit": ("vm_id", "at")}


@cache
def query(name: str) -> bytes:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text().encode()


@cache
def template(name: str) -> sql.SQL:
    return sql.SQL(query(name).decode())
