"""Which replication slots are Patroni's own, or are none of its business by its configuration. Pure."""

import re
from collections.abc import Iterable

from metrics.contract import Snapshot
from shards.clients.patroni_replies import Cluster, Config
from shards.marks import mark_of
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts


def slots_seen(snapshot: Snapshot, shard: str) -> frozenset[str] | None:
    """Patroni's own slots, as it last told of its cluster; None when it has not told yet."""
    clusters = [facts.cluster for seen, facts in snapshot.facts(PatroniFacts, shard) if seen.reachable]
    configs = [facts.config for seen, facts in snapshot.facts(PatroniSettingsFacts, shard) if seen.reachable]
    if not clusters or not configs:
        return None
    members = [server.name for server in snapshot.servers_of("patroni", shard)]
    return frozenset[str]().union(
        *(patroni_slots(cluster, config, members) for cluster in clusters for config in configs)
    )


def patroni_slots(cluster: Cluster, config: Config, members: Iterable[str]) -> frozenset[str]:
    """The slots of members (registered or listed), permanent ones, and those that Patroni is told to leave alone; not
    those that an operation made, which are judged by it."""
    names = {*members, *(member.name for member in cluster.members)}
    several = (str(one["name"]) for one in config.whole.get("ignore_slots") or () if one.get("name"))
    ignored = {name for name in several if mark_of(name) is None}
    return frozenset({*(slot_of(name) for name in names), *config.permanent_slots, *ignored})


def slot_of(member: str) -> str:
    """How Patroni names a member's slot: in small letters, with underscores for dashes and dots."""
    return re.sub(r"[^a-z0-9_]", lambda found: _spelt(found[0]), member.lower())[:63]


def _spelt(mark: str) -> str:
    return "_" if mark in "-." else f"u{ord(mark):04d}"
