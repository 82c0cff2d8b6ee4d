"""The tables of this app, each defined in its own room."""

from shards.leftovers.models import SeenLeftover
from shards.placement.models import Placement, PlacementChange

__all__ = ["Placement", "PlacementChange", "SeenLeftover"]
