"""Why a tenant cannot be placed or reached, as sentences."""

import psycopg


class PlacementProblem(Exception):
    """Base of this room's refusals."""


class NoShardLeft(PlacementProblem):
    """No active shard takes new tenants."""


class NotPlaced(PlacementProblem):
    """The tenant has no place."""


class ShardClosed(PlacementProblem):
    """The tenant's shard takes no writes now, or nothing at all."""


class ShardUnknown(PlacementProblem):
    """The tenant is on a shard whose address the router was not given."""


class ReplicaBehind(psycopg.OperationalError):
    """The replica's answers would be older than the caller allows."""
