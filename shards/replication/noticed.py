"""What an application would notice of a shard now, in one sentence: do its writes work, wait or fail, and how old is
what it reads. From what was last seen, not from what should be. Pure."""

from dataclasses import dataclass

from novaops.ui.formats import duration, human_number
from shards.replication.seen import MemberSeen, PoolSeen, ShardTopology

WORK, WAIT, FAIL, UNKNOWN = "work", "wait", "fail", "unknown"
LOOKS = {WORK: "ok", WAIT: "warning", FAIL: "critical", UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Noticed:
    """`writes` is one of work, wait, fail and unknown; `sentence` says it with its reason, and what reads show."""

    writes: str
    sentence: str

    @property
    def look(self) -> str:
        """A badge's word."""
        return LOOKS[self.writes]


def noticed(shard: ShardTopology) -> Noticed:
    writes, why = _writes(shard)
    words = {WORK: "Writes work", WAIT: "Writes wait", FAIL: "Writes fail", UNKNOWN: "Whether writes work is not known"}
    told = f"{words[writes]}: {why}" if why else words[writes]
    return Noticed(writes, f"{told}; {_reads(shard)}.")


def _writes(shard: ShardTopology) -> tuple[str, str]:
    leader = shard.leader
    if not any(member.role for member in shard.members):
        silent = any(member.state == "unreachable" for member in shard.members)
        return UNKNOWN, "no member answers" if silent else "nobody was asked yet"
    if leader is None:
        return FAIL, "the shard has no leader"
    if shard.follows_another:
        return FAIL, f"the whole shard follows another cluster ({leader.sender or 'not streaming'})"
    through_pools = [_through(pool, shard, leader) for pool in shard.pools]
    if through_pools and all(verdict == FAIL for verdict, _ in through_pools):
        return through_pools[0]
    paused = [pool.name for pool in shard.pools if pool.state != "unreachable" and pool.paused(pool.writes)]
    if leader.state == "unreachable":
        return UNKNOWN, f"the leader {leader.name} does not answer the console"
    if _nobody_confirms(leader):
        return WAIT, f"no synchronous standby confirms them to {leader.name}"
    if len(paused) > 1:
        return WAIT, f"the pools {' and '.join(paused)} are paused"
    worst = next((one for one in through_pools if one[0] != WORK), None) or next(iter(through_pools), None)
    return worst or (WORK, "")


def _through(pool: PoolSeen, shard: ShardTopology, leader: MemberSeen) -> tuple[str, str]:
    if pool.state == "unreachable":
        return FAIL, f"the pool {pool.name} does not answer"
    if pool.paused(pool.writes):
        return WAIT, f"the pool {pool.name} is paused"
    if pool.writes_to and leader.name not in pool.writes_to:
        return FAIL, f"the pool {pool.name} sends them to {', '.join(pool.writes_to)}, which does not lead"
    waiting = sum(one.cl_waiting for one in pool.facts.pools if one.database == pool.writes) if pool.facts else 0
    if waiting and pool.facts:
        longest = max(one.maxwait_seconds for one in pool.facts.pools if one.database == pool.writes)
        return WORK, f"{human_number(waiting)} clients wait up to {duration(longest)} for a connection of {pool.name}"
    return WORK, ""


def _nobody_confirms(leader: MemberSeen) -> bool:
    """The leader is told to wait for a standby, and none that counts streams from it."""
    facts = leader.facts
    if facts is None or not facts.synchronous_standby_names or not facts.may_see:
        return False
    return not any(one.sync_state in {"sync", "quorum"} and one.state == "streaming" for one in facts.standbys)


def _reads(shard: ShardTopology) -> str:
    served = [name for pool in shard.pools for name in pool.reads_from]
    members = [member for name in dict.fromkeys(served) if (member := shard.member(name))]
    if any(pool.paused(pool.reads) for pool in shard.pools):
        return "reads of replicas wait, their pool is paused"
    if not members:
        members = [member for member in shard.replicas if member.role and member.state != "unreachable"]
        if not members:
            return "no replica serves reads"
    silent = [member.name for member in members if member.state == "unreachable"]
    if silent:
        return f"reads that go to {', '.join(silent)} may fail"
    return _age(members)


def _age(members: list[MemberSeen]) -> str:
    known = [(_behind(member), member) for member in members]
    if any(behind is None for behind, _ in known):
        return "how old reads of replicas are is not known"
    behind, member = max(known, key=lambda pair: pair[0] or 0.0)
    if not behind:
        return "reads of replicas are current"
    return f"reads of replicas are up to {duration(behind)} old ({member.name})"


def _behind(member: MemberSeen) -> float | None:
    return 0.0 if member.leads else member.replay_lag_seconds
