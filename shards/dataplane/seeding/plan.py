"""Who the demo's tenants are and how large: pure and deterministic, very unequal as real customers are."""

from dataclasses import dataclass

_ADJECTIVES = (
    "amber arctic atlas aurora birch bright cedar cobalt copper coral crimson delta ember falcon granite harbor "
    "indigo ivory juniper lunar maple meridian nimbus northern ochre onyx opal orbit pacific quartz raven river "
    "sable silver solar summit terra umber velvet willow"
)
_NOUNS = (
    "analytics banking biotech cargo clinics energy foods freight games health insurance labs learning logistics "
    "media mobility motors optics payments pharma press retail robotics security software studios systems textiles "
    "travel works"
)
ADJECTIVES, NOUNS = _ADJECTIVES.split(), _NOUNS.split()
# The rank of the largest tenant that has a schema of its own, and the distance to the next one.
FIRST_SCHEMA_RANK, SCHEMA_RANK_STEP, SCHEMA_TENANTS = 6, 17, 10
EXPONENT = 1.05


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant of the demo; `shard` is empty until it is placed."""

    tenant_id: str
    name: str
    vms: int
    schema_name: str | None
    shard: str = ""

    @property
    def isolation(self) -> str:
        return "schema" if self.schema_name else "rows"


def tenants(count: int, vms: int) -> tuple[Tenant, ...]:
    """`count` tenants by size, `vms` VMs between them by Zipf's law, every one with at least one."""
    return tuple(_tenant(rank, size) for rank, size in enumerate(sizes(count, vms)))


def sizes(count: int, total: int) -> list[int]:
    """Descending, each at least 1, together `total` (or `count`, where that is more)."""
    shares = [1 / (rank + 1) ** EXPONENT for rank in range(count)]
    spare, whole = max(0, total - count), sum(shares)
    found = [1 + int(spare * share / whole) for share in shares]
    for rank in range(max(total, count) - sum(found)):
        found[rank % count] += 1
    return found


def _tenant(rank: int, vms: int) -> Tenant:
    # 7 and 40 share no factor, so ranks do not walk through the adjectives in order.
    turn, place = divmod(rank, len(ADJECTIVES))
    adjective, noun = ADJECTIVES[place * 7 % len(ADJECTIVES)], NOUNS[(place * 11 + turn * 13 + rank) % len(NOUNS)]
    suffix = f"-{turn // len(NOUNS) + 1}" if turn >= len(NOUNS) else ""
    tenant_id = f"{adjective}-{noun}{suffix}"
    own = rank >= FIRST_SCHEMA_RANK and (rank - FIRST_SCHEMA_RANK) % SCHEMA_RANK_STEP == 0
    own = own and (rank - FIRST_SCHEMA_RANK) // SCHEMA_RANK_STEP < SCHEMA_TENANTS
    return Tenant(
        tenant_id=tenant_id,
        name=tenant_id.replace("-", " ").title(),
        vms=vms,
        schema_name="t_" + tenant_id.replace("-", "_") if own else None,
    )
