"""How much a tenant has, estimated from the planner's statistics: counting would read it all."""

from pathlib import Path

from psycopg import sql

from shards.clients.postgres import Session
from shards.moves.tables import Table

SIZES = (Path(__file__).parent / "sql" / "sizes.sql").read_text().encode()


def size_of(session: Session, table: Table, tenant: str) -> tuple[int, int]:
    """Rows, and their part of what the table takes on disk."""
    whole = session.execute(SIZES, {"table": table.identifier.as_string(session)}).fetchone() or {}
    if not table.shared:
        return int(whole["rows"]), int(whole["bytes"])
    mine = _expected(session, table, tenant)
    share = min(1.0, mine / whole["rows"]) if whole["rows"] else 0.0
    return mine, int(whole["bytes"] * share)


def _expected(session: Session, table: Table, tenant: str) -> int:
    """How many rows the planner expects."""
    question = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM {} WHERE {}").format(table.identifier, table.mine)
    row = session.execute(question, {"tenant": tenant}).fetchone() or {}
    return int(row["QUERY PLAN"][0]["Plan"]["Plan Rows"])
