"""Asks a server about one of its backends, and the pools in front whether it is one of theirs."""

from pathlib import Path

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets, targets_of
from novaops.inventory.targets import Target
from shards.backends.facts import Backend, BackendFacts, Pooled
from shards.clients.pgbouncer import PgBouncer
from shards.clients.postgres import Session, sessions
from shards.exceptions import ShardError
from shards.masked_sql import masked

ASK_SECONDS, LONGEST = 5.0, 400
_BACKEND = (Path(__file__).parent / "sql" / "backend.sql").read_text().encode()


def gather(server: str, pid: int) -> BackendFacts:
    found = {target.name: target for target in targets(ServerKind.POSTGRES)}
    if server not in found:
        there = ", ".join(found) or "none"
        return BackendFacts(server=server, problem=f"There is no PostgreSQL {server} in this fleet. There: {there}.")
    target = found[server]
    known = BackendFacts(server=server, shard=target.shard)
    try:
        with sessions.open(target, ASK_SECONDS) as session:
            backend = backend_of(session, pid)
    except ShardError as problem:
        return known.model_copy(update={"problem": f"{server} did not answer: {problem}"})
    pooled = pooled_by(target, pid) if backend and backend.is_client else None
    return known.model_copy(update={"backend": backend, "pooled": pooled})


def backend_of(session: Session, pid: int) -> Backend | None:
    row = session.execute(_BACKEND, {"pid": pid}).fetchone()
    return Backend.model_validate({**row, "query": masked(row["query"] or "", LONGEST)}) if row else None


def pooled_by(server: Target, pid: int) -> Pooled | None:
    """None also where a pool did not answer: it is one thing more to know, and decides nothing."""
    for pool in targets_of(server.shard, ServerKind.PGBOUNCER):
        try:
            found = PgBouncer(pool).connection(server.port, pid)
        except ShardError:
            continue
        if found:
            connection, client = found
            said = f"{client.user} ({client.application or 'unnamed'}) at {client.host}" if client else ""
            return Pooled(pool=pool.name, database=connection.database, client=said)
    return None
