"""Asks the live cluster for what a switchover's plan rests on. A server that does not answer is a fact too."""

from metrics.selectors import snapshot
from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config
from shards.exceptions import ShardError
from shards.placement.selectors import loads
from shards.pools.facts import PgBouncerFacts
from shards.replication.switchover_facts import ApiFacts, SwitchoverFacts, must_not_lead
from shards.replication.switchover_order import members


def gather(shard: str, candidate: str) -> SwitchoverFacts:
    targets = members("patroni", shard)
    if not targets:
        return SwitchoverFacts(scope=shard, problem=f"No shard named {shard} with Patroni is registered.")
    problems: list[str] = []
    for target in sorted(targets, key=lambda one: one.name != candidate):
        try:
            cluster, config = _read(target)
        except ShardError as problem:
            problems.append(f"{target.name}: {problem}")
            continue
        return _facts(target, cluster, config, {one.name: one for one in targets}, candidate)
    return SwitchoverFacts(scope=targets[0].cluster, problem="No member answered. " + " ".join(problems))


def _read(target: Target) -> tuple[Cluster, Config]:
    api = Patroni(target)
    return api.cluster(), api.config()


def _facts(
    asked: Target, cluster: Cluster, config: Config, targets: dict[str, Target], candidate: str
) -> SwitchoverFacts:
    tenants, connections = _load(asked.shard)
    return SwitchoverFacts(
        scope=asked.cluster,
        asked=asked.name,
        cluster=cluster,
        config=config,
        candidate_api=own_word(targets.get(candidate)),
        leader_api=own_word(targets.get(cluster.leader.name) if cluster.leader else None),
        tenants=tenants,
        connections=connections,
    )


def own_word(target: Target | None) -> ApiFacts:
    """What a member says of itself."""
    if target is None:
        return ApiFacts(problem="It is not registered with this fleet.")
    try:
        status = Patroni(target).status()
    except ShardError as problem:
        return ApiFacts(problem=str(problem))
    return ApiFacts(state=status.state, timeline=status.timeline, nofailover=must_not_lead(status.tags))


def _load(shard: str) -> tuple[int | None, int | None]:
    """Tenants placed on the shard, and clients of its pools as last read; None where no pool was read."""
    placed = loads().get(shard)
    clients = [facts.clients for _, facts in snapshot().facts(PgBouncerFacts, shard)]
    return placed.tenants if placed else 0, sum(clients) if clients else None
