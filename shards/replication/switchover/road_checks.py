"""What is checked of the roads of clients before a switchover: pools, an address, or neither. Pure."""

from collections.abc import Iterator

from novaops.operations.contract import Check
from shards.outcomes import failed, passed, warned
from shards.pools.pausing.guards import guard_check
from shards.replication.switchover.facts import AddressFacts, PoolFacts, SwitchoverFacts


def road_checks(facts: SwitchoverFacts) -> Iterator[Check]:
    """What can be paused is paused; a pool that clients reach and the console does not is a refusal."""
    for pool in facts.pools:
        yield from _pool(pool)
    if facts.pauses:
        yield guard_check(facts.guard_absent)
    if facts.address:
        yield _address(facts, facts.address)
    elif not facts.pools:
        said = f"No pool stands in front of {facts.scope}, and no address follows its leader: its clients"
        yield warned("Pools", f"{said} lose their connections, and have to find the new leader themselves.")
    if facts.unknown_roads:
        names = ", ".join([*(pool.name for pool in facts.pools), *([facts.address.name] if facts.address else [])])
        said = f"{', '.join(facts.unknown_roads)} cannot be left out: {facts.scope} has no such pool."
        yield failed("Leave out", f"{said} There: {names or 'none'}.")


def _pool(pool: PoolFacts) -> Iterator[Check]:
    if pool.left_out:
        why = pool.problem or "It answers, but is not paused."
        yield warned("Pools", f"{pool.name} is left out, as was asked: {why} Its clients get errors meanwhile.")
    elif pool.absent:
        yield warned("Pools", f"{pool.name} is left out: {pool.problem} No client waits for it.")
    elif pool.problem:
        advice = "Mend it, or leave it out by its name: then its clients get errors meanwhile."
        yield failed("Pools", f"{pool.name} does not answer, so it cannot be paused: {pool.problem} {advice}")
    elif not pool.databases:
        yield warned("Pools", f"{pool.name} has no database that leads to the leader: it is not paused.")
    else:
        names = ", ".join(pool.databases)
        yield passed("Pools", f"{pool.name} is paused meanwhile ({names}): its clients wait, and none is refused.")
        yield from _doubts(pool)


def _doubts(pool: PoolFacts) -> Iterator[Check]:
    if pool.astray:
        advice = "Its writes do not reach the leader now: see what re-points it."
        yield warned("Where pools lead", f"{pool.name} {pool.astray}. {advice}")
    if pool.processes_share_port:
        said = f"{pool.name} runs with so_reuseport: where several processes share its port, PAUSE reaches one of them."
        yield warned("One process", f"{said} Clients of the others get errors; name each by an address of its own.")


def _address(facts: SwitchoverFacts, address: AddressFacts) -> Check:
    leader = facts.leader.name if facts.leader else "nobody"
    if address.left_out:
        return warned("Address", f"{address.name} is left out, as was asked: nobody looks whether it follows.")
    if address.problem:
        advice = "Mend it, or leave it out by its name."
        return failed(
            "Address", f"{address.name} should lead to {leader}, but does not answer: {address.problem} {advice}"
        )
    if address.astray:
        advice = "It does not follow the leader now: see what moves it."
        return failed("Address", f"{address.name} {address.astray} than {leader}. {advice}")
    meanwhile = "Who connects there gets errors meanwhile" + (": pools wait, it does not." if facts.pauses else ".")
    return passed("Address", f"{leader} answers at {address.name}, which follows by itself. {meanwhile}")
