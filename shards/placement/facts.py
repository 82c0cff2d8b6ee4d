"""What is known of the tenants that live on a shard, as the shard itself says."""

from pydantic import Field

from metrics.contract import Facts


class TenantOnShard(Facts):
    """`vms` is counted; `bytes` is an estimate: the tenant's share of the rows of each table, times that table's size
    (isolation `rows`), or the size of the tenant's own schema (isolation `schema`). `gate`: whether the shard takes
    its writes (`open`), expects it (`arriving`), or has seen it go to `moved_to` (`away`)."""

    tenant_id: str
    name: str = ""
    isolation: str = "rows"
    vms: int = 0
    bytes: int = 0
    gate: str = "open"
    moved_to: str = ""

    @property
    def lives_here(self) -> bool:
        return self.gate == "open"


class TenantsFacts(Facts):
    """`leads` is False on a standby, which is not asked for its rows. `installed` is False where the shard has no
    table of tenants yet. The tenants themselves are kept beside their placements, not in the reading that every page
    loads."""

    leads: bool = False
    installed: bool = False
    tenants: tuple[TenantOnShard, ...] = Field(default=(), exclude=True)
    database_bytes: int = 0

    @property
    def living(self) -> tuple[TenantOnShard, ...]:
        """Without those that only have rows here: on their way in, or gone."""
        return tuple(tenant for tenant in self.tenants if tenant.lives_here)

    @property
    def vms(self) -> int:
        return sum(tenant.vms for tenant in self.living)
