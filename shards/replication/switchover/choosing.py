"""What the request forms offer: shards, and candidates with what was last known for or against each."""

from collections.abc import Iterator

from metrics.contract import Snapshot
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts
from shards.replication.files import stored_files
from shards.replication.seen import MemberSeen, ShardTopology
from shards.replication.switchover.candidates import could_lead
from shards.replication.switchover.facts import ApiFacts, SwitchoverFacts, must_not_lead
from shards.replication.topology import newest_cluster, topologies


def shards(snapshot: Snapshot) -> list[tuple[str, str]]:
    found = topologies(snapshot)
    return [(shard.name, f"{shard.name}, led by {shard.leader_name or 'nobody'}") for shard in found]


def candidates(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Every replica of every shard, the synchronous ones of a shard first; asks no server."""
    return [option for shard in topologies(snapshot) for option in _of(snapshot, shard)]


def _of(snapshot: Snapshot, shard: ShardTopology) -> Iterator[tuple[str, str]]:
    facts = last_known(snapshot, shard.name)
    for member in sorted(shard.replicas, key=lambda one: (not one.synchronous, one.name)):
        yield member.name, f"{member.name} ({shard.name}, {member.role_word}): {verdict(facts, member)}"


def verdict(facts: SwitchoverFacts | None, member: MemberSeen) -> str:
    told = facts.cluster.member(member.name) if facts else None
    if facts is None or told is None:
        return "not known"
    against = could_lead(facts, told)
    return against[0].rstrip(".") if against else "can lead"


def last_known(snapshot: Snapshot, shard: str) -> SwitchoverFacts | None:
    """The facts of a plan as far as they are stored; None when Patroni has not told of the shard yet."""
    newest = newest_cluster(snapshot, shard)
    configs = [facts.config for _, facts in snapshot.facts(PatroniSettingsFacts, shard)]
    if newest is None or not configs:
        return None
    cluster = newest[1]
    apis = {seen.server.name: _own_word(facts, seen.reachable) for seen, facts in snapshot.facts(PatroniFacts, shard)}
    leader = apis.get(cluster.leader.name, ApiFacts()) if cluster.leader else ApiFacts()
    return SwitchoverFacts(
        scope=shard,
        cluster=cluster,
        config=configs[0],
        apis=apis,
        leader_api=leader,
        files=stored_files(shard, snapshot),
    )


def _own_word(facts: PatroniFacts, reachable: bool) -> ApiFacts:
    status = facts.status
    return ApiFacts(
        problem="" if reachable else "It does not answer now.",
        state=status.state,
        timeline=status.timeline,
        nofailover=must_not_lead(status.tags),
        server_version=status.server_version,
        patroni_version=status.version,
        pending_restart=status.pending_restart,
        system_identifier=status.system_identifier,
    )
