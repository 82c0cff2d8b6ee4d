"""The roads of clients to a shard's leader: pools, and an address that follows it by itself. Each is asked where it
leads before anything is planned, all at the same time."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from novaops.inventory.selectors import leader_address
from novaops.inventory.targets import Target
from shards.clients.pgbouncer import PgBouncer
from shards.clients.pgbouncer_replies import PooledDatabase, PoolReport
from shards.exceptions import ShardError
from shards.replication.switchover.facts import AddressFacts, PoolFacts
from shards.replication.switchover.leading import address_of
from shards.replication.switchover.order import answers_at, members, postmaster


@dataclass(frozen=True)
class Asker:
    """Who leads now, None where nobody does, and the members that an address may be one of."""

    leader: Target | None
    servers: tuple[Target, ...]
    left_out: Collection[str]

    def pool(self, pool: Target) -> PoolFacts:
        """The database for writes leads to the leader whatever stands at its address; others do when it is his."""
        known = PoolFacts(name=pool.name, left_out=pool.name in self.left_out)
        try:
            report = PgBouncer(pool).report()
        except ShardError as problem:
            return known.model_copy(update={"problem": str(problem), "absent": "Nothing listens" in str(problem)})
        writes = _named(report, pool.options.get("primary", "primary"))
        return known.model_copy(
            update={
                "databases": self._to_leader(report, writes),
                "wait_seconds": float(report.config.get("query_wait_timeout") or 0),
                "astray": self._astray(writes) if writes else "",
                "processes_share_port": report.config.get("so_reuseport") == "1",
            }
        )

    def address(self, address: Target) -> AddressFacts:
        known = AddressFacts(name=address.name, left_out=address.name in self.left_out)
        try:
            return known.model_copy(update={"astray": self._other_answers(address)})
        except ShardError as problem:
            return known.model_copy(update={"problem": str(problem)})

    def _to_leader(self, report: PoolReport, writes: PooledDatabase | None) -> tuple[str, ...]:
        name = self.leader.name if self.leader else ""
        found = {one.name for one in report.databases if address_of(one, self.servers) == name}
        return tuple(sorted(found | ({writes.name} if writes else set())))

    def _astray(self, writes: PooledDatabase) -> str:
        """Where the database for writes leads, if that is not the leader; a socket's path is the pool's own affair."""
        named = address_of(writes, self.servers)
        if self.leader is None or not writes.host or writes.host.startswith("/"):
            return ""
        if named is not None:
            return "" if named == self.leader.name else f"leads to {named}"
        behind = replace(self.leader, host=writes.host, port=writes.port)
        try:
            return self._other_answers(behind, writes.database)
        except ShardError as problem:
            return f"leads to {behind.address}, which does not answer ({str(problem).rstrip('.')})"

    def _other_answers(self, behind: Target, database: str = "") -> str:
        if self.leader is None:
            return ""
        answers = answers_at(behind, database) == postmaster(self.leader)
        return "" if answers else f"leads to {behind.address}, where another server answers"


def _named(report: PoolReport, name: str) -> PooledDatabase | None:
    return next((one for one in report.databases if one.name == name), None)


def roads_of(
    shard: str, leader: str, postgres: Mapping[str, Target], left_out: Collection[str]
) -> tuple[tuple[PoolFacts, ...], AddressFacts | None]:
    asker = Asker(postgres.get(leader), tuple(postgres.values()), left_out)
    pools, address = members("pgbouncer", shard), leader_address(shard)
    asks: list[Callable[[], PoolFacts]] = [lambda pool=pool: asker.pool(pool) for pool in pools]  # type: ignore[misc]
    with ThreadPoolExecutor(len(pools) + 1, "roads") as threads:
        of_address = threads.submit(asker.address, address) if address else None
        told = tuple(threads.map(lambda ask: ask(), asks))
        return told, of_address.result() if of_address else None
