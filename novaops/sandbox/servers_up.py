"""The steps that bring up the servers of the fleet, in the order that they allow."""

from novaops.sandbox import fleet_file, shard_health, wait
from novaops.sandbox.layout import Pool, Shard
from novaops.sandbox.servers import (
    control_postgres,
    etcd,
    first_start,
    follower,
    leader_address,
    memcached,
    nats,
    patroni,
    patroni_versions,
    pgbouncer,
    redis,
    redis_cluster,
)
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec
from novaops.sandbox.steps import Step
from novaops.sandbox.supervisor import Supervisor

CONTROL = "control database"
BROKER = "broker"
ETCD = "etcd"
WHOLE = 120.0


def steps(site: Site, supervisor: Supervisor) -> list[Step]:
    """Every step that needs no Django; see `names` for what later steps may wait for."""
    fleet_file.write(site.layout)
    return [
        Step(ETCD, lambda: _together(supervisor, etcd.specs(site))),
        Step(CONTROL, lambda: _control(site, supervisor)),
        Step(BROKER, lambda: supervisor.launch(redis.broker(site))),
        Step("Redis Cluster", lambda: _redis(site, supervisor)),
        Step("Memcached", lambda: _together(supervisor, memcached.specs(site))),
        Step("NATS", lambda: supervisor.launch(nats.spec(site))),
        Step("pools", lambda: _pools(site, supervisor)),
        *(_patroni_step(site, version) for version in sorted(set(site.layout.patroni.values()))),
        *(_shard_step(site, supervisor, shard) for shard in site.layout.shards),
        *(_pool_step(site, shard, pool) for shard in site.layout.shards for pool in shard.pools),
    ]


def names(site: Site) -> tuple[str, ...]:
    """All steps of the servers, for those that need the whole fleet."""
    shards = tuple(shard.name for shard in site.layout.shards)
    pools = tuple(_pool_name(pool) for shard in site.layout.shards for pool in shard.pools)
    return ("Redis Cluster", "Memcached", "NATS", BROKER, CONTROL, *shards, *pools)


def _control(site: Site, supervisor: Supervisor) -> None:
    supervisor.launch(control_postgres.spec(site))
    control_postgres.make_database(site)


def _redis(site: Site, supervisor: Supervisor) -> str:
    _together(supervisor, redis.specs(site))
    redis_cluster.form(site)
    return "3 masters, 3 replicas"


def _pools(site: Site, supervisor: Supervisor) -> None:
    _together(supervisor, pgbouncer.specs(site))
    if site.layout.addresses:
        supervisor.launch(leader_address.spec(site))
    supervisor.launch(follower.spec(site))


def _together(supervisor: Supervisor, specs: list[Spec]) -> None:
    for spec in specs:
        supervisor.begin(spec)
    for spec in specs:
        supervisor.await_ready(spec.name)


def _shard_step(site: Site, supervisor: Supervisor, shard: Shard) -> Step:
    def run() -> str:
        first_start.forget_unfinished(site.layout, shard)
        _together(supervisor, patroni.specs(site, shard))
        wait.until(lambda: shard_health.incomplete(shard), WHOLE, shard.name)
        first_start.remember_whole(site.layout, shard)
        return "leader, synchronous standby, asynchronous replica"

    version = site.layout.patroni.get(shard.name)
    return Step(shard.name, run, needs=(ETCD, _patroni_name(version)) if version else (ETCD,))


def _patroni_step(site: Site, version: str) -> Step:
    return Step(_patroni_name(version), lambda: patroni_versions.install(site, version))


def _patroni_name(version: str) -> str:
    return f"Patroni {version}"


def _pool_step(site: Site, shard: Shard, pool: Pool) -> Step:
    def run() -> None:
        wait.until(lambda: shard_health.misled(site, pool), 30, pool.name)

    return Step(_pool_name(pool), run, needs=(shard.name, "pools"))


def _pool_name(pool: Pool) -> str:
    return f"{pool.name} follows its leader"
