"""The pages about caches, as tabs."""

from dataclasses import dataclass

from novaops.fleets.paths import fleet_path

# Label, URL name, arguments.
PAGES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Both tiers", "caches", {}),
    ("L1, Redis Cluster", "cache-tier", {"tier": "l1"}),
    ("L2, Memcached", "cache-tier", {"tier": "l2"}),
    ("Tenants", "cache-tenants", {}),
    ("Keys", "cache-keys", {}),
)


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    href: str
    active: bool


def tabs(current: str) -> tuple[Tab, ...]:
    """`current` is the label of the page that is shown."""
    return tuple(Tab(label, fleet_path(page, **given), label == current) for label, page, given in PAGES)
