"""What a plan to flush something rests on."""

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class NodeKeys(_Frozen):
    """One Redis primary: `keys` that it would lose, scaled up from `sampled` of `total`; `mean_bytes` of some."""

    node_id: str
    name: str
    total: int = 0
    sampled: int = 0
    keys: int = 0
    mean_bytes: float | None = None
    problem: str = ""

    @property
    def exact(self) -> bool:
        return self.sampled >= self.total

    @property
    def bytes(self) -> int:
        return round(self.keys * (self.mean_bytes or 0))


class ServerItems(_Frozen):
    """One Memcached: its items that would go, as its crawler lists them."""

    name: str
    items: int = 0
    bytes: int = 0
    problem: str = ""


class FlushFacts(_Frozen):
    """`nodes` are the primaries, also for an L2 family: the numbers that make its entries invisible are kept there.
    `problem` is set when the cluster is not whole. Rates are the last minutes', of all families that the flush touches;
    None where nobody counted. `slot_share` is the part of L1 that a single node has, 1 for all of it."""

    problem: str = ""
    nodes: tuple[NodeKeys, ...] = ()
    servers: tuple[ServerItems, ...] = ()
    hits_per_second: float | None = None
    hit_ratio: float | None = None
    slot_share: float = 1.0

    @property
    def keys(self) -> int:
        return sum(node.keys for node in self.nodes) + sum(server.items for server in self.servers)

    @property
    def bytes(self) -> int:
        return sum(node.bytes for node in self.nodes) + sum(server.bytes for server in self.servers)

    @property
    def exact(self) -> bool:
        return all(node.exact for node in self.nodes)
