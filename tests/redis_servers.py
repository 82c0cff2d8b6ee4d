"""Real Redis servers of a test's own: a cluster that it may take apart."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from caching.clients.redis_parsing import parse_nodes
from caching.clients.redis_replies import SLOTS
from novaops.inventory.models import Credential, Server, ServerKind
from novaops.inventory.secrets import seal
from tests.certificates import Signed
from tests.ports import HOST, free_ports
from tests.waiting import wait_for

PASSWORD = "of a test's own cluster"
NODE = (
    "redis-server --bind {host} --port {port} --dir {folder} --cluster-enabled yes --cluster-config-file nodes.conf"
    " --cluster-port {bus} --cluster-node-timeout 2000 --save '' --appendonly no --maxmemory 64mb --daemonize no"
    " --cluster-allow-replica-migration {migration} --repl-diskless-sync-delay 0"
)


@dataclass
class Node:
    name: str
    port: int
    bus: int
    folder: Path
    tls: Signed | None = None
    ca: Path | None = None
    migration: str = "no"
    password: str = PASSWORD
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        words = (
            NODE.format(host=HOST, port=self.port, bus=self.bus, folder=self.folder, migration=self.migration)
            .replace("''", "")
            .split()
        )
        words[words.index("--save") + 1 : words.index("--save") + 1] = [""]
        program = shutil.which("redis-server") or "redis-server"
        secret = ["--requirepass", self.password, "--masterauth", self.password]
        self.process = subprocess.Popen([program, *words[1:], *secret, *self._tls()], stdout=subprocess.DEVNULL)
        wait_for(self.link.ping, f"{self.name} to answer", every=0.02)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def _tls(self) -> list[str]:
        """The port speaks TLS alone; clients may show a certificate, and the cluster's nodes do."""
        if self.tls is None:
            return []
        ports = ["--port", "0", "--tls-port", str(self.port), "--tls-cluster", "yes", "--tls-replication", "yes"]
        files = ["--tls-cert-file", str(self.tls.certificate), "--tls-key-file", str(self.tls.key)]
        return [*ports, *files, "--tls-ca-cert-file", str(self.ca), "--tls-auth-clients", "optional"]

    @property
    def link(self) -> redis.Redis:
        tls: dict[str, Any] = {"ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False} if self.tls else {}
        return redis.Redis(HOST, self.port, password=self.password, decode_responses=True, socket_timeout=5, **tls)

    def ask(self, *words: str | int) -> Any:
        return self.link.execute_command(*words)  # type: ignore[no-untyped-call]

    @property
    def node_id(self) -> str:
        return str(self.ask("CLUSTER", "MYID"))

    def owned(self) -> int:
        """Slots that it leads in its own eyes."""
        return sum(one.slot_count for one in self._own())

    def moving(self) -> int:
        return sum(len(one.moving) for one in self._own())

    def _own(self) -> list[Any]:
        nodes = parse_nodes(str(self.ask("CLUSTER", "NODES")))
        return [one for one in nodes if "myself" in one.flags]


@contextmanager
def servers(folder: Path, count: int, migration: str = "no") -> Iterator[list[Node]]:
    """So many servers that run and know nobody, registered in the fleet that the connection is in. `migration`: Redis'
    `cluster-allow-replica-migration`, which it has on by default: then a primary that loses its last slot follows
    whoever got it."""
    ports = free_ports(2 * count)
    nodes = [
        Node(f"own-{n + 1}", ports[2 * n], ports[2 * n + 1], folder / f"own-{n + 1}", migration=migration)
        for n in range(count)
    ]
    try:
        for node in nodes:
            node.start()
        register(nodes)
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def form(primaries: Sequence[Node], replicas: Sequence[tuple[Node, Node]] = (), first_has: int | None = None) -> None:
    """One cluster: the primaries share the slots, the first one with so many of them; each pair is a replica and whom
    it follows."""
    bounds = [index * SLOTS // len(primaries) for index in range(len(primaries) + 1)]
    if first_has is not None:
        bounds[1] = first_has
    for index, node in enumerate(primaries):
        node.ask("CLUSTER SET-CONFIG-EPOCH", index + 1)
        node.ask("CLUSTER ADDSLOTSRANGE", bounds[index], bounds[index + 1] - 1)
    members = [*primaries, *(replica for replica, _ in replicas)]
    for node in members[1:]:
        members[0].ask("CLUSTER MEET", HOST, node.port, node.bus)
    wait_for(lambda: all(known(node) == len(members) for node in members), "the nodes to meet", every=0.05)
    for replica, primary in replicas:
        replica.ask("CLUSTER REPLICATE", primary.node_id)
    wait_for(lambda: all(well(node) for node in members), "the cluster to be well", every=0.05)
    wait_for(lambda: all(streams(replica) for replica, _ in replicas), "the replicas to stream", every=0.05)


def known(node: Node) -> int:
    return int(node.link.cluster("INFO")["cluster_known_nodes"])


def well(node: Node) -> bool:
    return bool(node.link.cluster("INFO")["cluster_state"] == "ok")


def streams(node: Node) -> bool:
    found: Any = node.link.info("replication")
    return bool(found.get("master_link_status") == "up")


def register(nodes: Sequence[Node]) -> None:
    """They alone are the fleet's Redis servers."""
    Server.objects.filter(kind=ServerKind.REDIS).update(present=False)
    credential, _ = Credential.objects.get_or_create(name="own", defaults={"password_encrypted": seal(PASSWORD)})
    for node in nodes:
        Server.objects.create(kind=ServerKind.REDIS, name=node.name, host=HOST, port=node.port, credential=credential)
