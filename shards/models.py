"""The tables of this app, each defined in its own room."""

from shards.leftovers.models import SeenLeftover
from shards.moves.models import Move
from shards.placement.models import Placement, PlacementChange
from shards.pools.pausing.models import PoolGuard, PoolPause
from shards.replication.history_models import Happening, LeaderSwitch
from shards.replication.maintenance.pause_models import FailoverPause

__all__ = [
    "FailoverPause",
    "Happening",
    "LeaderSwitch",
    "Move",
    "Placement",
    "PlacementChange",
    "PoolGuard",
    "PoolPause",
    "SeenLeftover",
]
