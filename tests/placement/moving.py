"""What a cutover does to the gates of a tenant, without its rows."""

from typing import Any

import psycopg

Leaders = dict[str, psycopg.Connection[Any]]
NAME = "{} of router tests"
SET = """
    INSERT INTO tenants (tenant_id, name, gate, epoch, moved_to)
    VALUES (%(tenant)s, 'x', %(gate)s, %(epoch)s, %(moved_to)s)
    ON CONFLICT (tenant_id) DO UPDATE
        SET gate = excluded.gate, epoch = excluded.epoch, moved_to = excluded.moved_to
"""


def set_gate(leader: psycopg.Connection[Any], tenant: str, gate: str, epoch: int, moved_to: str | None = None) -> None:
    leader.execute(SET, {"tenant": tenant, "gate": gate, "epoch": epoch, "moved_to": moved_to})


def move(leaders: Leaders, tenant: str, shard: str, epoch: int) -> None:
    """From the other shard."""
    other = next(name for name in leaders if name != shard)
    set_gate(leaders[shard], tenant, "open", epoch)
    set_gate(leaders[other], tenant, "away", epoch, shard)
