"""How a process without Django reaches the sandbox's Redis Cluster."""

from dataclasses import dataclass

from caching.library.l1 import L1


@dataclass(frozen=True)
class Login:
    nodes: list[tuple[str, int]]
    username: str
    password: str

    def l1(self) -> L1:
        return L1(self.nodes, self.username, self.password)
