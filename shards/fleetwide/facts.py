"""How shards are, as their Patronis tell now; and what is wrong with one. Pure."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class MemberHealth(_Frozen):
    """`version` as a number, 150018 for 15.18, None where the member did not say."""

    name: str
    leads: bool = False
    synchronous: bool = False
    healthy: bool = True
    state: str = ""
    timeline: int | None = None
    lag_bytes: int | None = None
    version: int | None = None
    pending_restart: bool = False
    must_not_lead: bool = False


class ShardHealth(_Frozen):
    """`problem` when no member answered; `most_lag` is how far behind one may be to lead. `roads`: its pools and its
    address, by name; `follows`: the cluster that it is a standby of."""

    shard: str
    problem: str = ""
    paused: bool = False
    synchronous_mode: bool = False
    most_lag: int = 1_048_576
    members: tuple[MemberHealth, ...] = ()
    tenants: int = 0
    roads: tuple[str, ...] = ()
    follows: str = ""

    @property
    def leader(self) -> MemberHealth | None:
        return next((one for one in self.members if one.leads), None)

    @property
    def pending(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.members if one.pending_restart)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(one.name for one in self.members))


class FleetFacts(_Frozen):
    """`missing`: the kind of operation that each shard would need, if this installation has none. `no_guard` says why
    no pool could be paused while its leader changes; empty when they can be."""

    shards: tuple[ShardHealth, ...] = ()
    missing: str = ""
    no_guard: str = ""


def unwell(now: ShardHealth, members: Iterable[str] | None = None) -> tuple[str, ...]:
    """What is wrong, in clauses; nothing for a shard that may be worked on. `members`: who has to be there."""
    if now.problem:
        return (now.problem.rstrip("."),)
    return tuple(_faults(now, set(members if members is not None else now.names)))


def _faults(now: ShardHealth, members: set[str]) -> Iterator[str]:
    leader = now.leader
    if leader is None:
        yield "it has no leader"
        return
    for name in sorted(members - set(now.names)):
        yield f"{name} is not in the cluster"
    for one in now.members:
        if not one.healthy:
            yield f"{one.name} is {one.state or 'silent'}"
        elif one.timeline != leader.timeline:
            yield f"{one.name} is on timeline {one.timeline}, the leader on {leader.timeline}"
        elif not one.leads and one.lag_bytes is None:
            yield f"{one.name} does not stream"
    if now.synchronous_mode and not any(one.synchronous and one.healthy for one in now.members):
        yield "there is no synchronous standby"
