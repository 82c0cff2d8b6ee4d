"""Whether a pool's database leads to the new leader. What re-points it is the fleet's own affair: a rewritten list of
databases, a name, a virtual address, a proxy. It is asked where PgBouncer connects to, and who answers there."""

from dataclasses import replace

from novaops.inventory.targets import Target
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.exceptions import ShardError
from shards.replication.switchover.order import answers_at, postmaster
from shards.replication.switchover.places import Places


def leads(places: Places, pool: Target, database: str) -> bool:
    """Raises ShardError when the pool, or what stands at its address, does not answer."""
    found = next((one for one in PgBouncer(pool).databases() if one.name == database), None)
    if found is None:
        return False
    named = address_of(found, places.postgres)
    if named is not None:
        return named == places.candidate.name
    return _who_answers(places, found) == postmaster(places.candidate)


def address_of(database: PooledDatabase, servers: tuple[Target, ...]) -> str | None:
    """The member at the address that a database leads to; None when it is no member's own address. Pure."""
    return next((one.name for one in servers if (one.host, one.port) == (database.host, database.port)), None)


def other_answers(places: Places, address: Target) -> str:
    """Why an address that follows the leader by itself does not lead to the candidate yet; empty when it does."""
    try:
        leads_there = answers_at(address) == postmaster(places.candidate)
    except ShardError as problem:
        return f"{address.name} was asked in vain where it leads: {str(problem).rstrip('.')}"
    return "" if leads_there else f"{address.name} still leads to another server"


def _who_answers(places: Places, database: PooledDatabase) -> str:
    behind = replace(places.candidate, host=database.host, port=database.port)
    return postmaster(behind, database.database)


def still_elsewhere(places: Places, pool: Target, database: str) -> str:
    """Why it does not lead to the candidate yet; empty when it does."""
    try:
        return "" if leads(places, pool, database) else f"{pool.name} still leads to another server"
    except ShardError as problem:
        return f"{pool.name} was asked in vain where it leads: {str(problem).rstrip('.')}"
