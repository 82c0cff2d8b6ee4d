"""What is done with a move afterwards rests on: the move as it was recorded, and both shards."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shards.moves.facts import Side


class LaterFacts(BaseModel):
    """`old` is the shard that the tenant left, `new` where it is. `problem` when there is no such move. `epoch` is the
    placement's now."""

    model_config = ConfigDict(frozen=True)

    operation: int
    problem: str = ""
    tenant: str = ""
    schema_name: str = ""
    phase: str = ""
    phase_label: str = ""
    epoch: int = 0
    way_back_until: datetime | None = None
    behind_bytes: int | None = None
    old: Side = Side(shard="")
    new: Side = Side(shard="")
