"""What is asked of every PgBouncer."""

from metrics.contract import Answer, Probe, State
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PoolReport
from shards.pools.facts import PgBouncerFacts


@asking
def ask_pgbouncer(target: Target) -> Answer:
    facts = facts_of(PgBouncer(target).report())
    paused = [database.name for database in facts.databases if database.paused]
    cause = f"Paused: {', '.join(paused)}. Clients wait until it is resumed." if paused else ""
    return Answer(facts, _values(facts), State.DEGRADED if cause else State.OK, cause)


def facts_of(report: PoolReport) -> PgBouncerFacts:
    said = report.config
    return PgBouncerFacts(
        version=report.version,
        pools=report.pools,
        databases=report.databases,
        traffic=report.traffic,
        clients=report.clients,
        max_clients=int(said.get("max_client_conn") or 0),
        pool_mode=said.get("pool_mode", ""),
        default_pool_size=int(said.get("default_pool_size") or 0),
        max_prepared_statements=int(said.get("max_prepared_statements") or 0),
    )


def _values(facts: PgBouncerFacts) -> dict[str, float]:
    return {
        "clients": facts.clients,
        "waiting": facts.waiting,
        "maxwait_seconds": facts.maxwait_seconds,
        "servers_active": sum(pool.sv_active for pool in facts.pools),
        "servers_idle": sum(pool.sv_idle + pool.sv_used for pool in facts.pools),
        "utilisation": max((facts.utilisation(one.name) for one in facts.databases), default=0.0),
        "transactions_total": sum(one.transactions_total for one in facts.traffic),
        "queries_total": sum(one.queries_total for one in facts.traffic),
        "query_us_total": sum(one.query_us_total for one in facts.traffic),
        "wait_us_total": sum(one.wait_us_total for one in facts.traffic),
    }


PROBES = (Probe("pgbouncer", ServerKind.PGBOUNCER, PgBouncerFacts, ask_pgbouncer),)
