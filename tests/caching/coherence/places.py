"""Where the servers of a sandbox are, by its fleet file. Nothing here needs the control database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from caching.clients.jetstream import JetStream
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.tiers import Tiers
from novaops.inventory.targets import Target


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


@dataclass(frozen=True, slots=True)
class Places:
    state: Path
    described: dict[str, Any]

    @classmethod
    def of(cls, state: Path) -> "Places":
        return cls(state, yaml.safe_load((state / "fleet.yml").read_text()))

    @property
    def shard(self) -> dict[str, Any]:
        found: dict[str, Any] = self.described["shards"][0]
        return found

    def login(self, name: str) -> dict[str, Any]:
        said = self.described["credentials"][name]
        password = (self.state / said["password"]["file"]).read_text().strip()
        return {"user": said["username"], "password": password}

    def tiers(self) -> Tiers:
        login = self.login("redis")
        l1 = L1([_split(one["address"]) for one in self.described["redis"]], login["user"], login["password"])
        l2 = L2([_split(one["address"]) for one in self.described["memcached"]])
        return Tiers(l1, l2, lambda tenant: str(self.shard["name"]))

    def jetstream(self) -> JetStream:
        several = [(one["name"], *_split(one["address"])) for one in self.described["nats"]]
        return JetStream([Target(0, "nats", name, host, port) for name, host, port in several])

    def leader(self) -> psycopg.Connection[Any]:
        """As the console's role, on the member that accepts writes."""
        members = [_split(member["postgres"]) for member in self.shard["members"]]
        return psycopg.connect(
            host=",".join(host for host, _ in members),
            port=",".join(str(port) for _, port in members),
            dbname=self.shard["database"],
            target_session_attrs="read-write",
            connect_timeout=5,
            autocommit=True,
            options="-c statement_timeout=5s",
            **self.login("postgres"),
        )

    def pool(self, road: str) -> psycopg.Connection[Any]:
        """Through the pool, as applications come: `road` is primary or replica."""
        pool = self.shard["pools"][0]
        host, port = _split(pool["address"])
        return psycopg.connect(
            host=host,
            port=port,
            dbname=pool[road],
            connect_timeout=5,
            autocommit=True,
            prepare_threshold=None,
            **self.login("application"),
        )
