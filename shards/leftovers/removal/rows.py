"""The steps of `leftover-delete` for rows: batches, each in a transaction of its own on the shard.

Inside each of them the placement is asked again and held: no tenant whose place this shard is, or becomes meanwhile,
loses a row. A batch that was cut off is not there; a second time only finds what is left."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from psycopg import sql
from psycopg.sql import Composed, Identifier, Literal

from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem
from shards.clients.postgres import Session
from shards.fences import writing
from shards.leftovers.place import Place
from shards.leftovers.remembering import forget
from shards.leftovers.removal.acting import STEP_SECONDS, WRITE_SECONDS
from shards.leftovers.removal.claims import claim_of
from shards.leftovers.removal.counting import count_of, of_tenant, without_vm
from shards.leftovers.sorts import Sort
from shards.leftovers.survey import NotLooked, survey
from shards.partitions.leader import session_on
from shards.placement.models import Placement

BATCH = 2_000
LEAVES = """
WITH RECURSIVE tree AS (
    SELECT 'public'::regnamespace::oid AS home, to_regclass(format('public.%%I', %(table)s::text))::oid AS oid
    UNION ALL
    SELECT home, link.inhrelid FROM tree JOIN pg_inherits link ON link.inhparent = tree.oid
)
SELECT n.nspname AS schema, c.relname AS name
FROM tree JOIN pg_class c ON c.oid = tree.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
ORDER BY c.relname
"""


def delete(context: StepContext) -> str:
    """Partition by partition: a row is found by where it lies, and a batch costs no more than its rows."""
    table, done = context.arguments["table"], 0
    with session_on(context.arguments["shard"], STEP_SECONDS) as session:
        total = count_of(session, table, _which(context))
        leaves = [Identifier(row["schema"], row["name"]) for row in session.execute(LEAVES, {"table": table})]
    for leaf in leaves:
        while deleted := _batch(context, leaf):
            done += deleted
            context.progress(done, None if total is None else max(total, done + 1), f"{done:,} rows deleted")
    context.progress(done, done, f"{done:,} rows deleted")
    return f"{done:,} rows of {table} deleted."


def deleted(context: StepContext) -> bool:
    query = sql.SQL("SELECT FROM {} AS part WHERE {} LIMIT 1").format(
        Identifier("public", context.arguments["table"]), _which(context)
    )
    with session_on(context.arguments["shard"], STEP_SECONDS) as session, session.transaction():
        session.execute("SET LOCAL row_security = off")
        return session.execute(query).fetchone() is None


def drop_schema(context: StepContext) -> str:
    schema = context.arguments["schema"]
    with _deleting(context) as session:
        session.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
        session.execute("DELETE FROM novaops_schema.partition_plan WHERE table_schema = %s", (schema,))
    return f"Schema {schema} is dropped."


def schema_gone(context: StepContext) -> bool:
    with session_on(context.arguments["shard"], STEP_SECONDS) as session:
        row = session.execute("SELECT FROM pg_namespace WHERE nspname = %s", (context.arguments["schema"],)).fetchone()
    return row is None


def verify(context: StepContext) -> str:
    """The sweeper no longer finds it."""
    place = Place.parse(context.arguments["leftover"])
    try:
        left = next((one for one in survey(place.shard).found if one.key == place.key), None)
    except NotLooked as problem:
        raise TransientProblem(str(problem)) from problem
    if left:
        raise PermanentProblem(f"{place.name} is still left behind: {left.sentence} Plan again.")
    forget(place)
    return f"Nothing of {place.name} is left behind on {place.shard}."


def _batch(context: StepContext, leaf: Identifier) -> int:
    statement = sql.SQL(
        "DELETE FROM ONLY {leaf} AS part WHERE part.ctid = ANY (ARRAY("
        "SELECT part.ctid FROM ONLY {leaf} AS part WHERE {which} LIMIT {batch})) AND {which}"
    ).format(leaf=leaf, which=_which(context), batch=Literal(BATCH))
    with _deleting(context) as session:
        return session.execute(statement).rowcount


def _which(context: StepContext) -> Composed:
    place = Place.parse(context.arguments["leftover"])
    return without_vm(place.name) if place.sort is Sort.VM_ROWS else of_tenant(context.arguments["tenant"])


@contextmanager
def _deleting(context: StepContext) -> Iterator[Session]:
    """A transaction on the shard, and in it one of the control database that holds the tenant's placement. A tenant
    without one has no row to hold, so it is looked for again after the work, which is not committed then: a tenant's
    rows only come after its placement."""
    shard = context.arguments["shard"]
    with session_on(shard, STEP_SECONDS) as one, writing(one, context, WRITE_SECONDS), transaction.atomic():
        _insist_on_elsewhere(context)
        _insist_on_closed(one, context)
        yield one
        _insist_on_elsewhere(context)


def _insist_on_closed(session: Session, context: StepContext) -> None:
    """A gate that is closed stays so while the rows go, which it would not let anybody delete who fires triggers."""
    tenant = context.arguments["tenant"]
    claim = claim_of(session, tenant, held=True) if tenant else None
    if claim is not None and claim.newer_than(context.arguments["epoch"]):
        raise PermanentProblem(f"{tenant} is open on this shard at epoch {claim.epoch}: nothing of it is deleted.")
    if claim is not None and claim.closed:
        session.execute("SET LOCAL session_replication_role = replica")


def _insist_on_elsewhere(context: StepContext) -> None:
    tenant, shard = context.arguments["tenant"], context.arguments["shard"]
    if not tenant:
        return
    found = Placement.objects.select_for_update(of=("self",)).select_related("shard").filter(tenant_id=tenant).first()
    if found and found.shard.name == shard:
        raise PermanentProblem(f"{tenant} is placed on {shard} by now: nothing of it is deleted.")
    if (found.epoch if found else None) != context.arguments["epoch"]:
        raise PermanentProblem(
            f"{tenant} was placed anew since the plan was made: nothing more is deleted. Plan again."
        )
