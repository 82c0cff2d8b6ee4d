"""The etcd clusters of a fleet, and how many more of their members may be lost. Pure."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from metrics.contract import Seen, ServerSeen, Snapshot
from shards.clients.etcd_replies import EtcdMember
from shards.replication.facts import EtcdFacts


@dataclass(frozen=True, slots=True)
class EtcdNode:
    """A member of the cluster (`listed`), an address of the fleet (`server`), mostly both. `facts` are of its last good
    answer; `leads` is what the members that answer agree on."""

    name: str
    state: str
    cause: str = ""
    server: ServerSeen | None = None
    listed: EtcdMember | None = None
    facts: EtcdFacts | None = None
    at: datetime | None = None
    leads: bool = False

    @property
    def votes(self) -> bool:
        return not (self.listed and self.listed.learner)

    @property
    def answers(self) -> bool:
        return self.state in {"ok", "degraded"}

    @property
    def serves(self) -> bool:
        """It answers, and has a leader."""
        return self.answers and bool(self.facts and self.facts.status.leader)


@dataclass(frozen=True, slots=True)
class EtcdCluster:
    """The one that judges its quorum: pages and findings ask it. `health` is a badge's word; `sentence` says how many
    answer and what one more loss would do."""

    id: str
    nodes: tuple[EtcdNode, ...]

    @property
    def voters(self) -> int:
        return sum(node.votes for node in self.nodes)

    @property
    def needed(self) -> int:
        return self.voters // 2 + 1

    @property
    def answering(self) -> int:
        return sum(node.answers and node.votes for node in self.nodes)

    @property
    def serving(self) -> int:
        return sum(node.serves and node.votes for node in self.nodes)

    @property
    def unseen(self) -> int:
        """Those that nobody asks, or has asked yet."""
        return sum(node.votes and (node.server is None or node.state == "unknown") for node in self.nodes)

    @property
    def quorum(self) -> bool | None:
        """Whether enough of them agree; None: too few were asked to know."""
        if self.answering + self.unseen < self.needed or (self.answering and not self.serving):
            return False
        return True if self.answering >= self.needed else None

    @property
    def spare(self) -> int:
        """So many more may be lost."""
        return max(0, self.answering - self.needed)

    @property
    def health(self) -> str:
        if self.quorum is None:
            return "unknown"
        if not self.quorum:
            return "critical"
        return "ok" if self.serving == self.voters and (self.spare or self.voters == 1) else "warning"

    @property
    def sentence(self) -> str:
        if self.quorum is None:
            were = "was" if self.unseen == 1 else "were"
            return f"{self.short}, {self.unseen} {were} not asked: look at those yourself."
        if not self.quorum:
            why = f", {self.needed} are needed" if self.answering < self.needed else " and have no leader"
            return f"{self.short}{why}: no failover happens, leaders step down."
        if not self.spare:
            return f"{self.short}: one more loss stops failover."
        return f"{self.short}: {'one' if self.spare == 1 else self.spare} more may be lost before failover stops."

    @property
    def leader(self) -> EtcdNode | None:
        return next((node for node in self.nodes if node.leads), None)

    @property
    def short(self) -> str:
        return f"{self.answering} of {self.voters} {'answers' if self.voters == 1 else 'answer'}"


def etcd_clusters(snapshot: Snapshot) -> tuple[EtcdCluster, ...]:
    """By their own ids. Addresses that never answered are counted with the only cluster, else stand alone."""
    servers = snapshot.servers_of("etcd")
    seen = {one.server.id: one for one in snapshot.of_probe("etcd")}
    grouped: defaultdict[str, list[ServerSeen]] = defaultdict(list)
    for server in servers:
        facts = _facts(seen.get(server.id))
        grouped[facts.status.cluster_id if facts else ""].append(server)
    if "" in grouped and len(grouped) == 2:
        silent = grouped.pop("")
        next(iter(grouped.values())).extend(silent)
    return tuple(_cluster(name, members, seen) for name, members in sorted(grouped.items()))


def _cluster(name: str, servers: list[ServerSeen], seen: dict[int, Seen]) -> EtcdCluster:
    answering = [facts for server in servers if (facts := _facts(seen.get(server.id))) and seen[server.id].reachable]
    known = answering or [facts for server in servers if (facts := _facts(seen.get(server.id)))]
    listed = max((facts.status.members for facts in known), key=len, default=())
    leader = max((facts.status for facts in answering), key=lambda one: one.raft_term, default=None)
    leader_id = leader.leader if leader else ""
    nodes = [_node(server, seen.get(server.id), listed, leader_id) for server in servers]
    taken = {node.listed.id for node in nodes if node.listed}
    strangers = [
        EtcdNode(one.name or one.id, "unknown", "It is not in the fleet file.", listed=one, leads=one.id == leader_id)
        for one in listed
        if one.id not in taken and not _same_place(one, servers)
    ]
    return EtcdCluster(name, tuple(sorted([*nodes, *strangers], key=lambda node: node.name)))


def _node(server: ServerSeen, seen: Seen | None, listed: tuple[EtcdMember, ...], leader: str) -> EtcdNode:
    facts = _facts(seen)
    own = facts.status.id if facts else ""
    member = next((one for one in listed if one.id == own or _same_place(one, [server])), None)
    state = seen.state.value if seen else "unknown"
    cause, at = (seen.cause, seen.good_at) if seen else ("", None)
    return EtcdNode(server.name, state, cause, server, member, facts, at, leads=bool(own) and own == leader)


def _same_place(member: EtcdMember, servers: list[ServerSeen]) -> bool:
    return any(url.rstrip("/").endswith(f"//{server.address}") for url in member.client_urls for server in servers)


def _facts(seen: Seen | None) -> EtcdFacts | None:
    return seen.facts if seen and isinstance(seen.facts, EtcdFacts) else None
