"""What a plan to switch over rests on: the cluster as Patroni tells it, and the candidate as it tells about itself."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from shards.clients.patroni_replies import Cluster, Config, Member
from shards.replication.files import FilesFacts


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ApiFacts(_Frozen):
    """How a member's own REST API answered; `problem` is the sentence when it did not."""

    problem: str = ""
    state: str = ""
    timeline: int | None = None
    nofailover: bool = False
    server_version: int | None = None
    patroni_version: str = ""
    pending_restart: bool = False
    system_identifier: str = ""

    @property
    def answered(self) -> bool:
        return not self.problem


class PoolFacts(_Frozen):
    """A pool in front of the shard: its databases that lead to the leader now. `absent`: nothing listens at its
    address, so that no client waits for it either. `wait_seconds`: when PgBouncer refuses who waits; 0: never.
    `astray`: where its database for writes leads instead, as a clause. `left_out`: the person who asks wants it so.
    `processes_share_port`: PAUSE would reach one of several."""

    name: str
    databases: tuple[str, ...] = ()
    problem: str = ""
    absent: bool = False
    wait_seconds: float = 0.0
    astray: str = ""
    left_out: bool = False
    processes_share_port: bool = False

    @property
    def taken_part(self) -> bool:
        """It is paused, and has to answer from the new leader."""
        return bool(self.databases) and not self.left_out


class AddressFacts(_Frozen):
    """The shard's address that follows its leader by itself, as host:port. `astray`: where it leads instead."""

    name: str
    problem: str = ""
    astray: str = ""
    left_out: bool = False


class LeaderWork(_Frozen):
    """What the leader is busy with. `lost_slots`: logical ones that the new leader will not have."""

    problem: str = ""
    lost_slots: tuple[str, ...] = ()
    base_backups: int = 0
    longest_seconds: float = 0.0
    longest_application: str = ""


class SwitchoverFacts(_Frozen):
    """Everything that was found out. `problem` is set when no member answered; `asked` names the one that did. Tenants
    and connections are the console's own last readings. `unknown_roads`: names to leave out that the shard has not;
    `usual_refusal_ms`: how long clients were refused before, where no pool was paused."""

    scope: str
    asked: str = ""
    problem: str = ""
    cluster: Cluster = Cluster()
    config: Config = Config()
    candidate_api: ApiFacts = ApiFacts(problem="It was not asked.")
    leader_api: ApiFacts = ApiFacts(problem="It was not asked.")
    tenants: int | None = None
    connections: int | None = None
    apis: dict[str, ApiFacts] = {}
    files: dict[str, FilesFacts] = {}
    pools: tuple[PoolFacts, ...] = ()
    address: AddressFacts | None = None
    unknown_roads: tuple[str, ...] = ()
    usual_refusal_ms: int | None = None
    guard_absent: str = ""
    usual_pause_ms: int | None = None
    work: LeaderWork = LeaderWork()
    ways_back: tuple[str, ...] = ()

    @property
    def leader(self) -> Member | None:
        return self.cluster.leader

    @property
    def synchronous_mode(self) -> bool:
        return self.config.synchronous_mode != "off"

    @property
    def pauses(self) -> tuple[tuple[str, str], ...]:
        """Pool and database of everything that is paused while the leader changes."""
        return tuple((pool.name, database) for pool in self.pools if pool.taken_part for database in pool.databases)

    @property
    def kept_slots(self) -> tuple[str, ...]:
        """Logical slots of the leader that Patroni copies to the replicas."""
        own = self.files.get(self.leader.name) if self.leader else None
        return tuple(slot for slot in own.logical_slots if slot in self.config.permanent_slots) if own else ()

    @property
    def sync_standbys(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.cluster.members if member.synchronous)


def must_not_lead(tags: Mapping[str, Any]) -> bool:
    """Patroni's tags that keep a member from leading: `nofailover`, or since 3.2 `failover_priority: 0`."""
    return bool(tags.get("nofailover")) or tags.get("failover_priority") == 0
