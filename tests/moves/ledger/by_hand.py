"""A move with all rows carried inside the pause: gates, routers and the ledger are tried with it, without a mover."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

Leader = psycopg.Connection[Any]
ARRIVE = """
    INSERT INTO tenants (tenant_id, name, gate, epoch) VALUES (%(tenant)s, %(tenant)s, 'arriving', %(epoch)s)
    ON CONFLICT (tenant_id) DO UPDATE SET gate = 'arriving', moved_to = NULL, epoch = excluded.epoch
"""
OPEN = "UPDATE tenants SET gate = 'open', epoch = %(epoch)s WHERE tenant_id = %(tenant)s"
CLOSE = "UPDATE tenants SET gate = 'away', epoch = %(epoch)s, moved_to = %(shard)s WHERE tenant_id = %(tenant)s"
ALONE = ("bulk_key()", "gate_key(%(tenant)s)")


def move(sender: Leader, receiver: Leader, shard: str, tenant: str, epoch: int, tables: Sequence[str]) -> None:
    """To this shard, at this epoch, in the order of a cutover. The old rows stay, as with a way back. `tables` as their
    foreign keys have it."""
    values = {"tenant": tenant, "epoch": epoch, "shard": shard}
    with sender.transaction():
        for lock in ALONE:
            sender.execute(f"SELECT pg_advisory_xact_lock(novaops_schema.{lock})".encode(), values)
        with receiver.transaction():
            receiver.execute("SET LOCAL session_replication_role = replica")
            receiver.execute(ARRIVE, values)
            for table in tables:
                _carry(sender, receiver, table, tenant)
        receiver.execute(OPEN, values)
        sender.execute(CLOSE, values)


def _carry(sender: Leader, receiver: Leader, table: str, tenant: str) -> None:
    mine = sql.SQL("COPY (SELECT * FROM {} WHERE tenant_id = {}) TO STDOUT")
    receiver.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table)), (tenant,))
    with (
        sender.cursor().copy(mine.format(sql.Identifier(table), sql.Literal(tenant))) as rows,
        receiver.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy,
    ):
        for data in rows:
            copy.write(data)
