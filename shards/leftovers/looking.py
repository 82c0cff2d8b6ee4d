"""Asks a shard's leader for what may be left behind: its catalogs, in every database that the console may enter."""

from typing import Any, TypeVar

import psycopg

from metrics.contract import Facts
from novaops.inventory.targets import Target
from shards.clients.postgres import Session
from shards.exceptions import ShardError
from shards.leftovers.databases import session_in
from shards.leftovers.queries import MOST, query
from shards.leftovers.traces import (
    ArrivalTrace,
    FenceTrace,
    IndexTrace,
    LeftoversFacts,
    PreparedTrace,
    PublicationTrace,
    SlotTrace,
    SubscriptionTrace,
    TableTrace,
)

Trace = TypeVar("Trace", bound=Facts)
DATABASES = 50
TRIES = 5
DATABASE_SECONDS = 3.0
FENCES = b"SELECT console, lock, token, operation, at FROM novaops_schema.fences ORDER BY at"


def look(session: Session, target: Target) -> LeftoversFacts:
    """A standby has what its leader has: it is not asked."""
    here = session.execute(query("here")).fetchone() or {}
    if here["standby"]:
        return LeftoversFacts(database=here["database"])
    found = LeftoversFacts(
        leads=True,
        database=here["database"],
        fenced=here["fenced"],
        slots=_rows(session, query("slots"), SlotTrace),
        subscriptions=_rows(session, query("subscriptions"), SubscriptionTrace),
        prepared=_rows(session, query("prepared"), PreparedTrace),
        fences=_rows(session, FENCES, FenceTrace) if here["fenced"] else (),
        arrivals=_rows(session, query("arrivals"), ArrivalTrace) if here["moves"] else (),
        **_in_database(session),
    )
    for database in here["others"][:DATABASES]:
        found = _and(found, session, target, database)
    return found


def _in_database(session: Session) -> dict[str, Any]:
    return {
        "publications": _publications(session),
        "indexes": _rows(session, query("indexes"), IndexTrace),
        "tables": _rows(session, query("tables"), TableTrace),
    }


def _publications(session: Session) -> tuple[PublicationTrace, ...]:
    """PostgreSQL looks their tables up by name: one that is dropped meanwhile, as each move does, ends the query."""
    for _ in range(TRIES):
        try:
            return _rows(session, query("publications"), PublicationTrace)
        except psycopg.errors.UndefinedObject:
            continue
    return _rows(session, query("publications"), PublicationTrace)


def _and(found: LeftoversFacts, session: Session, target: Target, database: str) -> LeftoversFacts:
    """With what lies in another database."""
    try:
        with session_in(session, target, database, DATABASE_SECONDS) as there:
            more = _in_database(there)
    except (ShardError, psycopg.Error) as problem:
        said = " ".join(str(problem).split())[:200]
        if "does not exist" in said:  # it was dropped since the list was made
            return found
        sentence = f"Database {database} was not looked through: {said}"
        return found.model_copy(update={"not_looked": (*found.not_looked, sentence)})
    both = {name: (getattr(found, name) + several)[:MOST] for name, several in more.items()}
    return found.model_copy(update=both)


def _rows(session: Session, statement: bytes, kind: type[Trace]) -> tuple[Trace, ...]:
    return tuple(kind.model_validate(row) for row in session.execute(statement).fetchmany(MOST))
