"""What a plan of many moves rests on."""

from pydantic import BaseModel, ConfigDict

from shards.rebalancing.measuring import Load


class RebalanceFacts(BaseModel):
    """`busy` are tenants in a move that is not over. Of the shard that is to be emptied or filled: its `state` (empty:
    there is none), the versions of the data plane that are `pending`, and why it could not be asked (`problem`)."""

    model_config = ConfigDict(frozen=True)

    load: Load
    busy: frozenset[str] = frozenset()
    state: str = ""
    pending: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    problem: str = ""
