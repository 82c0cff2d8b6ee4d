"""A fleet as it was last seen: every server with its readings, typed. Pages and findings read this, never a server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from metrics.contract.probes import Facts, State
from novaops.hooks.seen import HookSeen

# A reading older than this many of its own cycles is old: nobody has asked since.
OLD_AFTER_CYCLES = 3
F = TypeVar("F", bound=Facts)


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """`out`: an operator said that applications are not to use it for now."""

    id: int
    kind: str
    name: str
    host: str
    port: int
    shard: str = ""
    options: dict[str, str] = field(default_factory=dict, hash=False)
    out: bool = False

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ShardSeen:
    name: str
    cluster: str
    database: str
    weight: int
    state: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The last answer of one server to one probe. `facts` and `values` are those of the last good answer (`good_at`),
    also while the server does not answer; `state_since` is when the state last changed.
    `rates` is by how much each counter (`..._total`) grew per second over the last `rates_seconds`."""

    server: ServerSeen
    probe: str
    state: State
    cause: str = ""
    facts: Facts | None = None
    values: dict[str, float] = field(default_factory=dict, hash=False)
    checked_at: datetime | None = None
    good_at: datetime | None = None
    state_since: datetime | None = None
    took_ms: float | None = None
    rates: dict[str, float] = field(default_factory=dict, hash=False)
    rates_seconds: float = 0.0
    every_seconds: float = 5.0

    @property
    def reachable(self) -> bool:
        return self.state in {State.OK, State.DEGRADED}

    def age(self, now: datetime) -> float | None:
        """Seconds since the facts were true; None when there are none."""
        return (now - self.good_at).total_seconds() if self.good_at else None

    def is_old(self, now: datetime) -> bool:
        """The server does not answer, or nobody asked it lately."""
        age = self.age(now)
        return not self.reachable or age is None or age > OLD_AFTER_CYCLES * self.every_seconds


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`at` is when it was read. Only servers of the last import; `cycle_seconds` is the fleet's own; `hooks` are those
    that are enabled."""

    at: datetime
    cycle_seconds: float
    shards: tuple[ShardSeen, ...] = ()
    servers: tuple[ServerSeen, ...] = ()
    readings: tuple[Seen, ...] = ()
    hooks: tuple[HookSeen, ...] = ()

    def servers_of(self, kind: str, shard: str | None = None) -> tuple[ServerSeen, ...]:
        return tuple(one for one in self.servers if one.kind == kind and shard in (None, one.shard))

    def seen(self, kind: str, name: str, probe: str) -> Seen | None:
        found = (one for one in self.readings if one.probe == probe and one.server.name == name)
        return next((one for one in found if one.server.kind == kind), None)

    def of_probe(self, probe: str, shard: str | None = None) -> tuple[Seen, ...]:
        return tuple(one for one in self.readings if one.probe == probe and shard in (None, one.server.shard))

    def facts(self, kind: type[F], shard: str | None = None) -> Iterator[tuple[Seen, F]]:
        """Every reading whose facts are of this type, with them."""
        for one in self.readings:
            if isinstance(one.facts, kind) and shard in (None, one.server.shard):
                yield one, one.facts

    def state_of(self, server: ServerSeen) -> State:
        """The worst state of a server's probes; UNKNOWN while none was asked."""
        states = {one.state for one in self.readings if one.server.id == server.id}
        order = (State.UNREACHABLE, State.DEGRADED, State.OK)
        return next((state for state in order if state in states), State.UNKNOWN)
