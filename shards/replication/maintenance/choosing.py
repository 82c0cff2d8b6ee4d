"""What request forms offer: shards and members as they were last seen."""

from metrics.selectors import snapshot
from shards.replication.topology import topologies

Choices = list[tuple[str, str]]


def shards() -> Choices:
    return [(shard.name, f"{shard.name}, led by {shard.leader_name or 'nobody'}") for shard in topologies(snapshot())]


def members(*, leaders: bool = True) -> Choices:
    """Those that wait for a restart first."""
    seen = [(member, shard) for shard in topologies(snapshot()) for member in shard.members]
    seen.sort(key=lambda pair: (pair[1].name, not pair[0].pending_restart, pair[0].leads, pair[0].name))
    return [
        (member.name, f"{member.name} ({shard.name}, {member.role_word})")
        for member, shard in seen
        if leaders or not member.leads
    ]
