"""Forming the Redis Cluster: three masters share the slots, three replicas follow them."""

from itertools import pairwise
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from novaops.sandbox import wait
from novaops.sandbox.layout import HOST, RedisNode
from novaops.sandbox.servers.redis import CLUSTER_SECRET
from novaops.sandbox.site import Site

MASTERS = 3
SLOTS = 16384


def form(site: Site) -> None:
    """Make the nodes one cluster when they are none yet, and wait until every node calls it well."""
    nodes = site.layout.redis
    clients = [_client(site, node) for node in nodes]
    try:
        if _strangers(clients) or _unassigned(clients[0]):
            _share_slots(clients[:MASTERS])
            _meet(clients, nodes)
        _follow(clients)
        wait.until(lambda: _unwell(clients), 40, "the Redis Cluster")
    finally:
        for client in clients:
            client.close()


def slot_ranges(masters: int = MASTERS) -> list[tuple[int, int]]:
    """The first and last slot of each master, all slots shared evenly."""
    edges = [round(index * SLOTS / masters) for index in range(masters + 1)]
    return [(first, after - 1) for first, after in pairwise(edges)]


def _client(site: Site, node: RedisNode) -> Redis:
    password = site.secret(CLUSTER_SECRET)
    return Redis(HOST, node.port, password=password, socket_timeout=3, socket_connect_timeout=3, decode_responses=True)


def _ask(client: Redis, *words: str | int) -> Any:
    return client.execute_command(*words)  # type: ignore[no-untyped-call]


def _unassigned(client: Redis) -> str | None:
    assigned = _info(client)["cluster_slots_assigned"]
    return None if assigned == str(SLOTS) else f"{assigned} of {SLOTS} slots are assigned"


def _info(client: Redis) -> dict[str, str]:
    text = str(_ask(client, "CLUSTER", "INFO"))
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def _share_slots(masters: list[Redis]) -> None:
    """Idempotent: a node that already has slots (a start was interrupted) keeps them."""
    for epoch, (client, (first, last)) in enumerate(zip(masters, slot_ranges(), strict=True), start=1):
        if _info(client)["cluster_slots_assigned"] == "0":
            _ask(client, "CLUSTER SET-CONFIG-EPOCH", epoch)
            _ask(client, "CLUSTER ADDSLOTSRANGE", first, last)


def _meet(clients: list[Redis], nodes: tuple[RedisNode, ...]) -> None:
    for node in nodes[1:]:
        _ask(clients[0], "CLUSTER MEET", HOST, node.port, node.bus)
    wait.until(lambda: _strangers(clients), 30, "the Redis nodes to meet")


def _strangers(clients: list[Redis]) -> str | None:
    known = [int(_info(client)["cluster_known_nodes"]) for client in clients]
    return None if min(known) == len(clients) else f"nodes known: {known}"


def _follow(clients: list[Redis]) -> None:
    """A node that is master of nothing becomes the replica of its partner; the others are left as they are."""
    for replica, master in zip(clients[MASTERS:], clients[:MASTERS], strict=True):
        if _is_master(replica) and not _owns_slots(replica):
            _ask(replica, "CLUSTER REPLICATE", str(_ask(master, "CLUSTER MYID")))


def _owns_slots(client: Redis) -> bool:
    """Its own line of CLUSTER NODES has slots behind its eight fixed fields."""
    text = str(_ask(client, "CLUSTER", "NODES"))
    return any("myself" in line and len(line.split()) > 8 for line in text.splitlines())


def _is_master(client: Redis) -> bool:
    return _ask(client, "ROLE")[0] in {"master", b"master"}


def _unwell(clients: list[Redis]) -> str | None:
    try:
        states = [_info(client)["cluster_state"] for client in clients]
        masters = sum(_is_master(client) for client in clients)
    except RedisError as error:
        return str(error)
    if set(states) != {"ok"}:
        return f"states: {', '.join(states)}"
    return None if masters == MASTERS else f"{masters} masters"
