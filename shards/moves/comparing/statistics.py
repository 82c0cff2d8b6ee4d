"""What the planner knows of the receiver's tables once a tenant's rows have come into them. Without it, the tenant's
first queries there, and those that compare single rows, would take the tenant for empty and choose an index by that."""

import time
from collections.abc import Sequence

from psycopg import sql

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.fences import LOCK_SECONDS
from shards.moves.tables import Table

TABLE_SECONDS = 600.0
# As autovacuum would in a while: those where a tenth of the rows is new.
OUTDATED = """
    SELECT n.nspname AS schema, c.relname AS name
    FROM unnest(%s::regclass[]) WITH ORDINALITY AS mine (root, place)
    CROSS JOIN LATERAL (
        SELECT mine.root AS relid
        UNION SELECT relid FROM pg_partition_tree(mine.root)
        UNION SELECT inhrelid FROM pg_inherits WHERE inhparent = mine.root
    ) AS tree
    JOIN pg_class c ON c.oid = tree.relid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r'
        AND pg_stat_get_mod_since_analyze(c.oid) > greatest(50, 0.1 * c.reltuples)
    ORDER BY mine.place, c.relname
"""


def refresh(context: StepContext, receiver: Session, tables: Sequence[Table]) -> int:
    """Analyzes the tables that have changed much, and says how many. No transaction may be open."""
    receiver.deadline = time.monotonic() + TABLE_SECONDS
    names = [table.identifier.as_string(receiver) for table in tables]
    outdated = receiver.execute(OUTDATED, (names,)).fetchall()
    for number, row in enumerate(outdated):
        context.progress(number, len(outdated), f"Statistics of {row['name']} for the planner")
        receiver.deadline = time.monotonic() + TABLE_SECONDS
        with receiver.transaction():
            receiver.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
            receiver.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(row["schema"], row["name"])))
    return len(outdated)
