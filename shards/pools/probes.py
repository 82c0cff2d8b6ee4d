"""What is asked of every PgBouncer."""

from collections import Counter
from collections.abc import Iterable

from metrics.contract import Answer, Probe, State
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PoolConnection, PoolConnections, PoolReport
from shards.pools.facts import PgBouncerConnectionsFacts, PgBouncerFacts

CONNECTIONS_EVERY = 30.0
# Above so many connections the list itself would hold the pool up: 3,000 rows take it some 15 ms.
ASKED_MOST, KEPT_MOST = 3000, 50
SHOWN = (
    "pool_mode",
    "max_client_conn",
    "default_pool_size",
    "min_pool_size",
    "reserve_pool_size",
    "reserve_pool_timeout",
    "max_db_connections",
    "max_user_connections",
    "max_db_client_connections",
    "max_user_client_connections",
    "max_prepared_statements",
    "query_wait_timeout",
    "query_timeout",
    "idle_transaction_timeout",
    "transaction_timeout",
    "client_idle_timeout",
    "client_login_timeout",
    "server_lifetime",
    "server_idle_timeout",
    "server_connect_timeout",
    "server_login_retry",
    "server_check_delay",
    "server_check_query",
    "server_reset_query",
    "server_reset_query_always",
    "server_fast_close",
    "server_round_robin",
    "autodb_idle_timeout",
    "cancel_wait_timeout",
    "suspend_timeout",
    "dns_max_ttl",
    "listen_addr",
    "listen_port",
    "listen_backlog",
    "so_reuseport",
    "peer_id",
    "auth_type",
    "client_tls_sslmode",
    "server_tls_sslmode",
    "ignore_startup_parameters",
    "track_extra_parameters",
)


@asking
def ask_connections(target: Target) -> Answer:
    return Answer(connections_of(PgBouncer(target).connections(ASKED_MOST)))


def connections_of(report: PoolConnections) -> PgBouncerConnectionsFacts:
    return PgBouncerConnectionsFacts(
        clients=_longest(report.clients),
        servers=_longest(report.servers),
        clients_total=report.clients_total,
        servers_total=report.servers_total,
        clients_by_state=Counter(one.state for one in report.clients),
        servers_by_state=Counter(one.state for one in report.servers),
        asked=report.asked,
    )


def _longest(connections: Iterable[PoolConnection]) -> tuple[PoolConnection, ...]:
    """Who waits first, the longest wait on top; then who works; then the others."""
    order = {"waiting": 0, "waiting_cancel_req": 0, "active": 1, "active_cancel_req": 1}
    ranked = sorted(connections, key=lambda one: (order.get(one.state, 2), not one.linked, -one.wait_seconds))
    return tuple(ranked[:KEPT_MOST])


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
        config={name: said[name] for name in SHOWN if name in said},
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
        "transaction_us_total": sum(one.transaction_us_total for one in facts.traffic),
    }


PROBES = (
    Probe("pgbouncer", ServerKind.PGBOUNCER, PgBouncerFacts, ask_pgbouncer),
    Probe(
        "pgbouncer-connections",
        ServerKind.PGBOUNCER,
        PgBouncerConnectionsFacts,
        ask_connections,
        every=CONNECTIONS_EVERY,
    ),
)
