"""Where a switchover asks: addresses and logins are looked up once, so that nothing in it needs the control database.

Who leads is asked of PostgreSQL itself first: it knows the moment, where Patroni's API tells of it later, or of
a cluster that was, or not at all."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from novaops.inventory.selectors import leader_address
from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.pools.pausing.services import Wanted
from shards.replication.switchover.order import ASK_SECONDS, Order, Situation, member, members, situation

OWN_WORD = """
SELECT CASE WHEN NOT pg_is_in_recovery()
    THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END AS timeline
"""


@dataclass(frozen=True)
class Places:
    order: Order
    leader: Target
    candidate: Target
    patroni: tuple[Target, ...]
    postgres: tuple[Target, ...]
    pools: tuple[Target, ...]
    address: Target | None = None

    @classmethod
    def of(cls, order: Order) -> "Places":
        return cls(
            order=order,
            leader=member("postgres", order, order.leader),
            candidate=member("postgres", order, order.candidate),
            patroni=members("patroni", order.shard),
            postgres=members("postgres", order.shard),
            pools=tuple(
                one for one in members("pgbouncer", order.shard) if order.pools is None or one.name in order.pools
            ),
            address=leader_address(order.shard) if order.address else None,
        )

    def wanted(self) -> list[Wanted]:
        """The databases to pause; raises PermanentProblem for a pool that is gone."""
        pools = {pool.name: pool for pool in self.pools}
        gone = [one.pool for one in self.order.pauses if one.pool not in pools]
        if gone:
            raise PermanentProblem(f"{gone[0]} is no longer registered as a pool of {self.order.shard}.")
        return [Wanted(pools[one.pool], one.database) for one in self.order.pauses]

    def cluster(self) -> Cluster | None:
        """The newest of all that the members tell; None when none answers."""
        asked = sorted(self.patroni, key=lambda target: target.name != self.order.candidate)
        with ThreadPoolExecutor(max(1, len(asked)), "cluster") as threads:
            return newest(threads.map(_cluster, asked))

    def apis(self) -> list[Target]:
        """The members whose Patroni answers at once, the leader's first: any of them can be asked to switch over."""
        asked = sorted(self.patroni, key=lambda target: target.name != self.order.leader)
        with ThreadPoolExecutor(max(1, len(asked)), "apis") as threads:
            answered = list(threads.map(_answers, asked))
        return [target for target, does in zip(asked, answered, strict=True) if does]

    def situation(self, cluster: Cluster | None) -> Situation:
        """Where it stands. What Patroni says about the two leaders counts only as far as their PostgreSQL agrees."""
        if self.candidate_leads():
            return Situation.DONE
        told = situation(cluster, self.order)
        if told is Situation.UNCHANGED and writes_on(self.leader) is None:
            return Situation.CHANGING
        return told

    def candidate_leads(self) -> bool:
        return (writes_on(self.candidate) or 0) > self.order.timeline


def writes_on(target: Target, seconds: float = ASK_SECONDS) -> int | None:
    """The timeline that a server writes on, by its own word; None for a standby and for one that does not answer."""
    try:
        with sessions.open(target, seconds) as session:
            row = session.execute(OWN_WORD).fetchone()
    except ShardError:
        return None
    return row["timeline"] if row else None


def newest(told: Iterable[Cluster | None]) -> Cluster | None:
    """Of several answers the one whose leader is on the highest timeline; the first of equals. Pure."""
    known = [cluster for cluster in told if cluster is not None]
    return max(known, key=lambda one: (one.leader.timeline or 0) if one.leader else -1, default=None)


def _cluster(target: Target) -> Cluster | None:
    try:
        return Patroni(target, timeout=ASK_SECONDS).cluster()
    except ShardError:
        return None


def _answers(target: Target) -> bool:
    try:
        Patroni(target, timeout=1.0).status()
    except ShardError:
        return False
    return True
