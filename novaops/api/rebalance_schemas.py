"""What the API says of a rebalance."""

from datetime import datetime

from ninja import Schema


class ShareOut(Schema):
    """Of one shard: `load` is what it carries, `fair` what its weight says that it should; parts of the fleet's load,
    0 to 1. `over` is by how much it is above its share, null where it has none."""

    shard: str
    load: float
    fair: float
    over: float | None
    tenants: int
    bytes: int


class PlannedMoveOut(Schema):
    """`share` is the tenant's part of the fleet's load; `busy`: it is in a move that is not over, and stays."""

    tenant_id: str
    source: str
    target: str
    bytes: int
    share: float
    reason: str
    why: str
    busy: bool


class RebalanceOut(Schema):
    """As of what was counted last, `counted_at`; the operation plans anew, from what the shards say then. `problem`
    says why nothing could be planned."""

    counted_at: datetime | None
    problem: str
    skew_before: float
    skew_after: float
    bytes: int
    before: list[ShareOut]
    after: list[ShareOut]
    moves: list[PlannedMoveOut]
    notes: list[str]
