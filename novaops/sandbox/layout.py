"""Where everything lives: ports counted from one base, paths below one state folder, names of the servers."""

from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
CHECKOUT = Path(__file__).resolve().parents[2]
MEMBERS = "abc"
MAX_SHARDS = 9
REDIS_NODES = 6
MEMCACHED_NODES = 3
MAX_POOLS = 3
# Client and peer port of each etcd, counted from the base.
ETCD_PORTS = ((1, 2), (5, 6), (7, 8))
PORTS_IN_USE = 510


@dataclass(frozen=True)
class Member:
    """One Patroni member: the name that Patroni knows, and its two ports."""

    name: str
    shard: str
    postgres: int
    patroni: int


@dataclass(frozen=True)
class Pool:
    """One PgBouncer."""

    name: str
    port: int


@dataclass(frozen=True)
class Shard:
    """One Patroni cluster with the pools in front of it; `address` is the port that follows the leader by itself."""

    name: str
    members: tuple[Member, ...]
    pools: tuple[Pool, ...] = ()
    address: int | None = None


@dataclass(frozen=True)
class EtcdNode:
    """One etcd; the nodes talk to each other on `peer`."""

    name: str
    client: int
    peer: int


@dataclass(frozen=True)
class RedisNode:
    """One node of the Redis Cluster; `bus` is the port on which the nodes talk to each other."""

    name: str
    port: int
    bus: int


@dataclass(frozen=True)
class Layout:
    """The whole sandbox on paper. Ports: base for the console, +100 shards, +300 Redis, +400 Memcached, +500 NATS.

    `patroni` is the version of Patroni by shard, where it is not the system's own. `pools`: how many each shard has;
    `addresses`: whether each has an address that follows its leader."""

    state: Path
    base: int = 17000
    shard_count: int = 2
    etcd_count: int = 1
    patroni: dict[str, str] = field(default_factory=dict, hash=False)
    pools: int = 1
    addresses: bool = False

    @property
    def console(self) -> int:
        return self.base

    @property
    def etcd(self) -> tuple[EtcdNode, ...]:
        ports = ETCD_PORTS[: self.etcd_count]
        return tuple(
            EtcdNode(f"etcd-{n}", self.base + client, self.base + peer) for n, (client, peer) in enumerate(ports, 1)
        )

    @property
    def control(self) -> int:
        return self.base + 3

    @property
    def broker(self) -> int:
        return self.base + 4

    @property
    def nats(self) -> int:
        return self.base + 501

    @property
    def nats_monitor(self) -> int:
        return self.base + 502

    @property
    def shards(self) -> tuple[Shard, ...]:
        return tuple(self._shard(number) for number in range(1, self.shard_count + 1))

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(member for shard in self.shards for member in shard.members)

    @property
    def redis(self) -> tuple[RedisNode, ...]:
        first = self.base + 300
        return tuple(RedisNode(f"redis-{n}", first + n, first + 10 + n) for n in range(1, REDIS_NODES + 1))

    @property
    def memcached(self) -> tuple[tuple[str, int], ...]:
        return tuple((f"memcached-{n}", self.base + 400 + n) for n in range(1, MEMCACHED_NODES + 1))

    def _shard(self, number: int) -> Shard:
        name, first = f"shard-{number}", self.base + 100 + 20 * (number - 1)
        members = tuple(
            Member(f"{name}-{letter}", name, first + 1 + 2 * index, first + 2 + 2 * index)
            for index, letter in enumerate(MEMBERS)
        )
        # The first has the name that it has where it is alone.
        pools = tuple(
            Pool(f"{name}-pool" + (f"-{n}" if n > 1 else ""), first + 9 + n) for n in range(1, self.pools + 1)
        )
        return Shard(name, members, pools, first + 15 if self.addresses else None)

    def ports(self) -> dict[int, str]:
        """Every port that the sandbox listens on, with the server that wants it."""
        wanted = {
            self.console: "the console",
            self.control: "the control PostgreSQL",
            self.broker: "the broker",
            self.nats: "nats-1",
            self.nats_monitor: "nats-1 (monitor)",
        }
        for etcd in self.etcd:
            wanted |= {etcd.client: etcd.name, etcd.peer: f"{etcd.name} (peers)"}
        for member in self.members:
            wanted |= {
                member.postgres: f"{member.name} (PostgreSQL)",
                member.patroni: f"{member.name} (Patroni)",
            }
        for shard in self.shards:
            wanted |= {pool.port: f"{pool.name} (PgBouncer)" for pool in shard.pools}
            wanted |= {shard.address: f"{shard.name} (address of its leader)"} if shard.address else {}
        for node in self.redis:
            wanted |= {node.port: node.name, node.bus: f"{node.name} (cluster bus)"}
        wanted |= {port: name for name, port in self.memcached}
        return wanted

    # Paths
    def home(self, server: str) -> Path:
        """The folder of one server: its configuration and its data."""
        return self.state / "servers" / server

    def data(self, server: str) -> Path:
        return self.home(server) / "data"

    def log(self, name: str) -> Path:
        return self.state / "logs" / f"{name}.log"

    @property
    def secrets(self) -> Path:
        return self.state / "secrets"

    @property
    def fleet_file(self) -> Path:
        return self.state / "fleet.yml"

    @property
    def env_file(self) -> Path:
        return self.state / "env"

    @property
    def checkpoints(self) -> Path:
        """Where signed checkpoints of the change log lie, outside the control database."""
        return self.state / "checkpoints"

    @property
    def records(self) -> Path:
        return self.state / "processes.json"

    @property
    def choices(self) -> Path:
        """What `up` was asked for the last time (ports, shards), so that later commands agree with it."""
        return self.state / "sandbox.json"
