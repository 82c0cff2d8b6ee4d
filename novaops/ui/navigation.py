"""What the navigation shows, by path below /fleets/<slug>/."""

from collections.abc import Collection
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    icon: str
    path: str
    right: str = ""  # who does not hold it does not see the item
    href: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str
    items: tuple[NavItem, ...]


GROUPS: tuple[NavGroup, ...] = (
    NavGroup("", (NavItem("Overview", "gauge", ""),)),
    NavGroup(
        "Data",
        (
            NavItem("Shard map", "map", "shards/"),
            NavItem("Tenants", "building-2", "tenants/"),
            NavItem("Moves", "arrow-left-right", "moves/"),
            NavItem("Rebalance", "split", "rebalance/"),
            NavItem("Replication", "git-branch", "replication/"),
            NavItem("Partitions", "calendar-range", "partitions/"),
            NavItem("Caches", "layers", "caches/"),
            NavItem("Change stream", "radio", "change-stream/"),
            NavItem("Leftovers", "trash-2", "leftovers/"),
        ),
    ),
    NavGroup(
        "Changes",
        (
            NavItem("Operations", "workflow", "operations/"),
            NavItem("Schedules", "clock", "schedules/"),
            NavItem("Policy", "shield-check", "policy/"),
            NavItem("Change log", "scroll-text", "changes/", "read-change-log"),
            NavItem("Hooks", "bell", "hooks/"),
            NavItem("People", "users", "people/"),
            NavItem("API tokens", "key-round", "tokens/"),
        ),
    ),
)


def navigation(prefix: str, path: str, rights: Collection[str]) -> tuple[NavGroup, ...]:
    """The groups with their addresses, without what the person has no right to see.
    `prefix` is the fleet's own address, `path` that of the page being shown."""

    def placed(item: NavItem) -> NavItem:
        href = prefix + item.path
        return replace(item, href=href, current=path == href if not item.path else path.startswith(href))

    def seen(group: NavGroup) -> tuple[NavItem, ...]:
        return tuple(placed(item) for item in group.items if not item.right or item.right in rights)

    return tuple(replace(group, items=items) for group in GROUPS if (items := seen(group)))
