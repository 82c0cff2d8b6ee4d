"""Asks the live cluster for what a switchover's plan rests on. A server that does not answer is a fact too."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone

from metrics.selectors import snapshot
from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config
from shards.exceptions import ShardError
from shards.placement.selectors import loads
from shards.pools.facts import PgBouncerFacts
from shards.pools.pausing.guards import absence
from shards.pools.pausing.measured import usual_ms
from shards.replication.files import files_of
from shards.replication.switchover.facts import ApiFacts, LeaderWork, SwitchoverFacts, must_not_lead
from shards.replication.switchover.gather_work import usual_refusal_ms, ways_back_of, work_of
from shards.replication.switchover.order import members
from shards.replication.switchover.roads import roads_of

KIND = "switchover"


def gather(shard: str, candidate: str, left_out: Collection[str] = ()) -> SwitchoverFacts:
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
        return _facts(target, cluster, config, {one.name: one for one in targets}, candidate, left_out)
    return SwitchoverFacts(scope=targets[0].cluster, problem="No member answered. " + " ".join(problems))


def _read(target: Target) -> tuple[Cluster, Config]:
    api = Patroni(target)
    return api.cluster(), api.config()


def _facts(
    asked: Target,
    cluster: Cluster,
    config: Config,
    targets: dict[str, Target],
    candidate: str,
    left_out: Collection[str],
) -> SwitchoverFacts:
    tenants, connections = _load(asked.shard)
    apis = own_words(targets)
    leader = cluster.leader.name if cluster.leader else ""
    postgres = {one.name: one for one in members("postgres", asked.shard)}
    pools, address = roads_of(asked.shard, leader, postgres, left_out)
    roads = {*(pool.name for pool in pools), *([address.name] if address else [])}
    return SwitchoverFacts(
        scope=asked.cluster,
        asked=asked.name,
        cluster=cluster,
        config=config,
        candidate_api=apis.get(candidate, UNREGISTERED),
        leader_api=apis.get(leader, UNREGISTERED),
        apis=apis,
        files=files_of(asked.shard, snapshot()),
        tenants=tenants,
        connections=connections,
        pools=pools,
        address=address,
        unknown_roads=tuple(name for name in left_out if name not in roads),
        usual_refusal_ms=usual_refusal_ms(asked.shard),
        guard_absent=absence(timezone.now()),
        usual_pause_ms=usual_ms(KIND, [pool.name for pool in pools]),
        work=work_of(postgres[leader], config) if leader in postgres else LeaderWork(),
        ways_back=ways_back_of(asked.shard),
    )


UNREGISTERED = ApiFacts(problem="It is not registered with this fleet.")


def own_words(targets: dict[str, Target]) -> dict[str, ApiFacts]:
    """Every member's own word, asked at the same time."""
    with ThreadPoolExecutor(max(1, len(targets)), "members") as threads:
        return dict(zip(targets, threads.map(own_word, targets.values()), strict=True))


def own_word(target: Target) -> ApiFacts:
    """What a member says of itself."""
    try:
        status = Patroni(target).status()
    except ShardError as problem:
        return ApiFacts(problem=str(problem))
    return ApiFacts(
        state=status.state,
        timeline=status.timeline,
        nofailover=must_not_lead(status.tags),
        server_version=status.server_version,
        patroni_version=status.version,
        pending_restart=status.pending_restart,
        system_identifier=status.system_identifier,
    )


def _load(shard: str) -> tuple[int | None, int | None]:
    """Tenants placed on the shard, and clients of its pools as last read; None where no pool was read."""
    placed = loads().get(shard)
    clients = [facts.clients for _, facts in snapshot().facts(PgBouncerFacts, shard)]
    return placed.tenants if placed else 0, sum(clients) if clients else None
