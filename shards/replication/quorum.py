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
    def serves(self) -> bool:
        """It answers, and has a leader."""
        return self.state in {"ok", "degraded"} and bool(self.facts and self.facts.status.leader)


@dataclass(frozen=True, slots=True)
class EtcdCluster:
    """`health` is a badge's word; `sentence` says how many answer and what one more loss would do."""

    id: str
    nodes: tuple[EtcdNode, ...]
    health: str
    sentence: str

    @property
    def voters(self) -> int:
        return sum(node.votes for node in self.nodes)

    @property
    def serving(self) -> int:
        return sum(node.serves and node.votes for node in self.nodes)

    @property
    def leader(self) -> EtcdNode | None:
        return next((node for node in self.nodes if node.leads), None)

    @property
    def short(self) -> str:
        return f"{self.serving} of {self.voters} {'answers' if self.voters == 1 else 'answer'}"


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
    all_nodes = tuple(sorted([*nodes, *strangers], key=lambda node: node.name))
    return EtcdCluster(name, all_nodes, *_judged(all_nodes))


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


def _judged(nodes: tuple[EtcdNode, ...]) -> tuple[str, str]:
    voters = [node for node in nodes if node.votes]
    unseen = sum(node.server is None or node.state == "unknown" for node in voters)
    serving, most = sum(node.serves for node in voters), len(voters)
    needed = most // 2 + 1
    counted = f"{serving} of {most} {'answers' if most == 1 else 'answer'}"
    if serving < needed <= serving + unseen:
        return "unknown", f"{counted}, {unseen} {'was' if unseen == 1 else 'were'} not asked: look at those yourself."
    if serving < needed:
        return "critical", f"{counted}, {needed} are needed: no failover happens, leaders step down."
    spare = serving - needed
    if spare == 0:
        return ("ok" if most == 1 else "warning"), f"{counted}: one more loss stops failover."
    lost = "one" if spare == 1 else str(spare)
    return ("ok" if serving == most else "warning"), f"{counted}: {lost} more may be lost before failover stops."
