"""Asks the fleet about one leftover: whether it is still there, what goes with it, and where its tenant lives."""

from collections.abc import Iterable

import psycopg
from django.utils import timezone
from psycopg import sql

from novaops.inventory.targets import Target
from shards import fences
from shards.clients.postgres import Session, sessions
from shards.exceptions import ShardError
from shards.leftovers.control import control_leftovers
from shards.leftovers.databases import session_in
from shards.leftovers.leftover import Leftover
from shards.leftovers.place import Place
from shards.leftovers.removal import counting
from shards.leftovers.removal.claims import claim_of
from shards.leftovers.removal.facts import Home, RemovalFacts
from shards.leftovers.sorts import Sort
from shards.leftovers.survey import NotLooked, survey
from shards.partitions.leader import NoLeader, find
from shards.placement.selectors import placement

ASK_SECONDS = 30.0


def gather(place: Place) -> RemovalFacts:
    try:
        if place.sort.of_control:
            return RemovalFacts(leftover=_of_key(place, control_leftovers(timezone.now())))
        seen = survey(place.shard)
        found = _of_key(place, seen.found)
        if found is None or place.sort is Sort.POOL:
            # What was not looked through may still be there.
            return RemovalFacts(leftover=found, problem="" if found else " ".join(seen.not_looked))
        leader = find(place.shard)
        with sessions.open(leader, ASK_SECONDS) as session:
            return _on_shard(session, leader, found)
    except (NotLooked, NoLeader, ShardError) as problem:
        return RemovalFacts(problem=str(problem))


def _of_key(place: Place, several: Iterable[Leftover]) -> Leftover | None:
    return next((one for one in several if one.key == place.key), None)


def _on_shard(session: Session, leader: Target, found: Leftover) -> RemovalFacts:
    known = RemovalFacts(leftover=found, fenced=fences.installed(session))
    if found.sort is Sort.TABLE:
        with session_in(session, leader, found.database, ASK_SECONDS) as there:
            return known.model_copy(update={"holds_rows": holds_rows(there, *found.name.split(".", 1))})
    if found.sort is Sort.VM_ROWS:
        return known.model_copy(update={"tables": counting.vm_rows(session, found.name)})
    if found.sort is Sort.TENANT_ROWS:
        listed = {"tables": counting.tenant_rows(session, found.name), "own_schema": schema_of(session, found.name)}
        return known.model_copy(update={**listed, "home": home(session, found.shard, found.name)})
    if found.sort is Sort.TENANT_SCHEMA:
        tenant = str(found.identity.get("tenant", ""))
        return known.model_copy(update={"own_schema": found.name, "home": home(session, found.shard, tenant)})
    return known


def holds_rows(session: Session, schema: str, table: str) -> bool:
    """Every row counts, whoever may see it."""
    with session.transaction():
        session.execute("SET LOCAL row_security = off")
        query = sql.SQL("SELECT EXISTS (SELECT FROM {}) AS holds").format(sql.Identifier(schema, table))
        row = session.execute(query).fetchone()
    return bool(row and row["holds"])


def schema_of(session: Session, tenant: str) -> str:
    """The tenant's own schema on this shard; empty for one that shares the tables of all."""
    row = session.execute(
        "SELECT schema_name FROM public.tenants JOIN pg_namespace ON nspname = schema_name WHERE tenant_id = %s",
        (tenant,),
    ).fetchone()
    return str(row["schema_name"]) if row else ""


def home(session: Session, here: str, tenant: str) -> Home | None:
    """None for a tenant that is placed nowhere."""
    found = placement(tenant)
    if found is None:
        return None
    known = Home(shard=found.shard.name, epoch=found.epoch, here=vms_of(session, tenant))
    claim = claim_of(session, tenant)
    if claim is not None and claim.newer_than(found.epoch):
        known = known.model_copy(update={"claimed": claim.epoch})
    if known.shard == here:
        return known
    try:
        with sessions.open(find(known.shard), ASK_SECONDS) as there:
            row = there.execute("SELECT FROM public.tenants WHERE tenant_id = %s", (tenant,)).fetchone()
            return known.model_copy(update={"listed": row is not None, "there": vms_of(there, tenant)})
    except (NoLeader, ShardError, psycopg.Error) as problem:
        return known.model_copy(update={"problem": str(problem)})


def vms_of(session: Session, tenant: str) -> int:
    """In the shared tables, or in the tenant's own schema."""
    schema = schema_of(session, tenant) or "public"
    query = sql.SQL("SELECT count(*) AS vms FROM {} WHERE tenant_id = %s").format(sql.Identifier(schema, "vms_hot"))
    row = session.execute(query, (tenant,)).fetchone()
    return int(row["vms"]) if row else 0
