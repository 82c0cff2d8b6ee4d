"""Real NATS servers of a test's own: a cluster with JetStream, of which it may kill members."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from novaops.inventory.targets import Target
from tests.ports import HOST, free_ports
from tests.waiting import wait_for


@dataclass
class Node:
    name: str
    port: int
    bus: int
    monitor: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def target(self) -> Target:
        return Target(0, "nats", self.name, HOST, self.port, url=f"http://{HOST}:{self.monitor}")

    def start(self, routes: Sequence["Node"]) -> None:
        """Alone without routes."""
        settings: dict[str, Any] = {
            "server_name": self.name,
            "host": HOST,
            "port": self.port,
            "http": f"{HOST}:{self.monitor}",
            "jetstream": {"store_dir": str(self.folder), "max_memory_store": 16 << 20, "max_file_store": 512 << 20},
        }
        if routes:
            urls = [f"nats://{HOST}:{one.bus}" for one in routes]
            settings["cluster"] = {"name": "proof", "host": HOST, "port": self.bus, "routes": urls}
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "nats.conf"
        path.write_text(json.dumps(settings))
        program = shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin") or "nats-server"
        self.process = subprocess.Popen([program, "-c", str(path)], stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def ready(self) -> bool:
        with urllib.request.urlopen(f"http://{HOST}:{self.monitor}/healthz", timeout=2) as said:
            return bool(said.status == 200)

    def followed(self, stream: str, followers: int) -> bool:
        """Whether it leads the stream, and so many others have all of it."""
        found = self._agreed(stream)
        current = [one for one in found.get("replicas") or [] if one["current"]]
        return found.get("leader") == self.name and len(current) == followers

    def _agreed(self, stream: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://{HOST}:{self.monitor}/jsz?streams=1", timeout=2) as said:
            accounts = json.load(said).get("account_details") or []
        several = [one for account in accounts for one in account.get("stream_detail") or []]
        found: dict[str, Any] = next((one["cluster"] for one in several if one["name"] == stream), {})
        return found


@contextmanager
def cluster(folder: Path, count: int) -> Iterator[list[Node]]:
    """So many servers that know each other and agree."""
    ports = free_ports(3 * count)
    triples = zip(ports[::3], ports[1::3], ports[2::3], strict=True)
    nodes = [Node(name := f"own-{n}", *triple, folder / name) for n, triple in enumerate(triples, 1)]
    try:
        for node in nodes:
            node.start(nodes if count > 1 else ())
        for node in nodes:
            wait_for(node.ready, f"{node.name} to agree with the others")
        yield nodes
    finally:
        for node in nodes:
            node.kill()
