"""What is killed, by kill -9; the sandbox starts it again."""

import random
from collections.abc import Callable
from enum import StrEnum

from django_tenants.utils import tenant_context

from caching.flush.topology import primaries
from novaops.sandbox.control import Client
from shards.partitions.leader import find
from tests.proof.scene import Scene
from tests.proof.soak.matrix import killed_and_back


class Shot(StrEnum):
    WORKER = "worker"
    SENDER = "leader that sends"  # Patroni and its PostgreSQL
    RECEIVER = "leader that receives"
    SENDERS_POOL = "pool of the shard that sends"
    RECEIVERS_POOL = "pool of the shard that receives"
    REDIS = "Redis node"
    BROKER = "broker"


def fired(shot: Shot, scene: Scene, servers: Client, sender: str, receiver: str, dice: random.Random) -> None:
    """Not for WORKER: that is a fault of its own process."""
    with tenant_context(scene.fleet):
        acts: dict[Shot, Callable[[], object]] = {
            Shot.SENDER: lambda: servers.kill(find(sender).name, tree=True),
            Shot.RECEIVER: lambda: servers.kill(find(receiver).name, tree=True),
            Shot.SENDERS_POOL: lambda: servers.kill(f"{sender}-pool"),
            Shot.RECEIVERS_POOL: lambda: servers.kill(f"{receiver}-pool"),
            Shot.REDIS: lambda: servers.kill(dice.choice(primaries()).target.name),
            Shot.BROKER: lambda: killed_and_back(servers, "broker"),
        }
        acts[shot]()
