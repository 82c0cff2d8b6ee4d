"""What a shard itself says of a tenant: after a cutover it knows before the placement does that the tenant is there."""

from dataclasses import dataclass

from shards.clients.postgres import Session

# The gate is a column of data plane 0010. Held, so that it does not open meanwhile.
GATE = """
    SELECT coalesce(to_jsonb(one) ->> 'gate', 'open') AS gate, epoch
    FROM public.tenants AS one WHERE tenant_id = %s
"""
HELD = GATE + " FOR SHARE"


@dataclass(frozen=True, slots=True)
class Claim:
    """`closed`: the tenant's gate is there and does not let its writes through, nor anybody else's of its rows."""

    gate: str
    epoch: int

    @property
    def closed(self) -> bool:
        return self.gate == "away" or (self.gate == "arriving" and self.epoch == 0)

    def newer_than(self, epoch: int | None) -> bool:
        return not self.closed and epoch is not None and self.epoch > epoch


def claim_of(session: Session, tenant: str, held: bool = False) -> Claim | None:
    """None where the shard does not list the tenant."""
    row = session.execute((HELD if held else GATE).encode(), (tenant,)).fetchone()
    return Claim(row["gate"], row["epoch"]) if row else None
