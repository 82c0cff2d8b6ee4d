"""What a plan to warm the caches rests on."""

from pydantic import BaseModel, ConfigDict


class WarmFacts(BaseModel):
    """`keys` that there are at most, about, from so many `rows`; `uncounted` tenants whose VMs nobody counted yet;
    `behind`: shards whose replica lacks something now; `free_bytes` of L1 up to its limits, 0 where there is none."""

    model_config = ConfigDict(frozen=True)

    families: tuple[str, ...] = ()
    tenants: int = 0
    shards: tuple[str, ...] = ()
    rows: int = 0
    keys: int = 0
    bytes: int = 0
    uncounted: int = 0
    behind: tuple[str, ...] = ()
    free_bytes: int = 0
    problem: str = ""
