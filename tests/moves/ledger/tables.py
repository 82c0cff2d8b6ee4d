"""The ledger's tables: on every shard for tenants that share tables, or in the schema of one tenant."""

from collections.abc import Iterable
from typing import Any

import psycopg

Leader = psycopg.Connection[Any]
NAMES = ("ledger_lines", "ledger_transfers", "ledger_accounts")
CREATE = (
    "CREATE TABLE {} (tenant_id text, id integer, balance bigint NOT NULL, PRIMARY KEY (tenant_id, id))",
    "CREATE TABLE {} (tenant_id text, id uuid, payer integer NOT NULL, payee integer NOT NULL, amount bigint NOT NULL,"
    " PRIMARY KEY (tenant_id, id))",
    "CREATE TABLE {} (tenant_id text, client integer, number bigint, at timestamptz NOT NULL DEFAULT clock_timestamp(),"
    " PRIMARY KEY (tenant_id, client, number))",
)
GRANTED = "SELECT, INSERT, UPDATE, DELETE"
ACCOUNTS, BALANCE = 40, 1_000_000


def create(leaders: Iterable[Leader], home: str = "public") -> None:
    """Empty, under row-level security and guarded by gates, wherever the schema is."""
    drop(leaders, home)
    for leader in leaders:
        for name, statement in zip(reversed(NAMES), CREATE, strict=True):
            table = f'"{home}".{name}'
            leader.execute(statement.format(table).encode())
            leader.execute("SELECT novaops_schema.protect(%s::regclass, %s)", (table, GRANTED))


def drop(leaders: Iterable[Leader], home: str = "public") -> None:
    for leader in leaders:
        for name in NAMES:
            leader.execute(f'DROP TABLE IF EXISTS "{home}".{name}'.encode())


def open_accounts(leader: Leader, tenant: str, home: str = "public") -> None:
    """On the tenant's shard."""
    leader.execute(
        f'INSERT INTO "{home}".ledger_accounts SELECT %s, id, %s FROM generate_series(1, %s) AS id'.encode(),
        (tenant, BALANCE, ACCOUNTS),
    )
