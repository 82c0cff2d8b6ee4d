"""What each of the two shards can do for a move, and how they go together: pure."""

from collections.abc import Iterator

from metrics import thresholds
from novaops.operations.contract import Check
from novaops.ui.formats import duration, human_bytes, moment
from shards.moves.facts import LongTransaction, MoveFacts, Server, Side
from shards.outcomes import failed, passed, warned

MOVES_FROM = 11
MARGIN = 1.3
"""Indexes are built anew, and WAL is written: so many times what the tenant takes now has to be free."""
MIB = 1024 * 1024


def of_side(side: Side, sends: bool) -> Iterator[Check]:
    """`sends`: the tenant leaves it. Both need slots: the way back begins on the other one."""
    yield from _cluster(side)
    if side.problem or side.server is None:
        yield failed(f"{side.shard} answers", side.problem or f"The leader of {side.shard} said nothing.")
        return
    yield passed(f"{side.shard} answers", f"{side.leader} leads {side.shard}.")
    yield _version(side)
    if side.version >= MOVES_FROM:
        yield _can_stream(side, side.server)
        yield _rights(side, side.server)
        yield _long(side, sends)


def of_both(facts: MoveFacts) -> Iterator[Check]:
    here, there = facts.source.server, facts.target.server
    if here is None or there is None:
        return
    yield from _alike(facts, here, there)
    yield _disk(facts, there)
    yield _wal(facts, here)


def _cluster(side: Side) -> Iterator[Check]:
    cluster, name = side.cluster, f"Patroni of {side.shard}"
    if cluster.problem:
        yield failed(name, f"{cluster.problem} A failover meanwhile could not be told from a failure.")
    elif cluster.paused:
        yield failed(name, f"Patroni is paused on {side.shard}: resume it, then plan again.")
    elif not cluster.leader:
        yield failed(name, f"{side.shard} has no healthy leader by Patroni: wait until it has one.")
    elif cluster.synchronous and not cluster.standby:
        reason = f"{side.shard} is in synchronous mode and has no synchronous standby now: its commits may hang. Wait."
        yield failed(name, reason)
    elif not cluster.synchronous:
        yield warned(name, f"{side.shard} is not in synchronous mode: a failover may lose what the move acknowledged.")
    else:
        yield passed(name, f"{cluster.leader} leads {side.shard}, {cluster.standby} is its synchronous standby.")


def _version(side: Side) -> Check:
    name = f"Data plane of {side.shard}"
    if side.version < MOVES_FROM:
        reason = f"It is at {side.version:04}, and moves need 0011 (pieces): run manage.py dataplane migrate."
        return failed(name, reason, version=side.version)
    return passed(name, f"At {side.version:04}.", version=side.version)


def _can_stream(side: Side, server: Server) -> Check:
    name = f"Streams from {side.shard}"
    evidence = {"slots": server.slots, "slots_used": server.slots_used, "senders": server.senders}
    if server.wal_level != "logical":
        cure = "set wal_level to logical in Patroni's configuration and restart the members"
        return failed(name, f"wal_level is {server.wal_level} on {side.shard}: {cure}.")
    # One for the stream, one for the comparing, which lasts for moments.
    if server.free_slots < 2:
        cure = "remove slots that nobody needs (see Leftovers), or raise it"
        return failed(name, f"{server.free_slots} of {server.slots} slots are free, 2 are needed: {cure}.", **evidence)
    if server.free_senders < 2:
        free = f"{server.free_senders} of max_wal_senders ({server.senders}) are free, 2 are needed"
        return failed(name, f"{free}: raise it, or end what streams from there.", **evidence)
    free = f"{server.free_slots} of {server.slots} slots and {server.free_senders} of {server.senders} senders are free"
    return passed(name, f"{free}.", **evidence)


def _rights(side: Side, server: Server) -> Check:
    name = f"Rights on {side.shard}"
    if not server.writes_as_replica:
        cure = "GRANT SET ON PARAMETER session_replication_role to it"
        return failed(name, f"The console's role may not set session_replication_role on {side.shard}: {cure}.")
    if not server.may_replicate:
        return failed(name, f"The console's role may not replicate on {side.shard}: ALTER ROLE ... REPLICATION.")
    return passed(name, "The console's role may replicate, and write as a replica does.")


def _long(side: Side, sends: bool) -> Check:
    name = f"Long transactions on {side.shard}"
    if not side.long:
        return passed(name, "None is older than 60 s.")
    evidence = {"transactions": [one.model_dump(mode="json") for one in side.long[:20]]}
    said = "; ".join(map(_told, side.long[:3]))
    if sends and any(one.writes for one in side.long):
        return failed(name, f"A slot has to wait for {said}. End them, or wait for them.", **evidence)
    return warned(name, f"They hold up what waits for old snapshots: {said}.", **evidence)


def _told(one: LongTransaction) -> str:
    who = f"process {one.pid} of {one.user} ({one.application or 'no name'})" if one.pid else one.application
    return f"{who}, {duration(round(one.seconds))} old, its query begun {moment(one.query_start)}"


def _alike(facts: MoveFacts, here: Server, there: Server) -> Iterator[Check]:
    """Text goes over as text; what it means must not depend on the server."""
    if here.encoding != there.encoding:
        yield failed(
            "Same encoding", f"{here.encoding} here, {there.encoding} there: values could not be kept as they are."
        )
    if here.money != there.money:
        yield failed("Same currency", f"lc_monetary is {here.money} here and {there.money} there: set both alike.")
    if (here.collation, here.character_type) != (there.collation, there.character_type):
        sentence = f"{here.collation}/{here.character_type} here, {there.collation}/{there.character_type} there"
        yield warned("Same collation", f"{sentence}: texts may sort in another order.")
    if here.major != there.major:
        newer = "newer" if there.major > here.major else "older"
        yield warned("Same PostgreSQL", f"{here.major} here, {there.major} there: {facts.target.shard} is {newer}.")
    if (here.encoding, here.money, here.collation, here.major) == (
        there.encoding, there.money, there.collation, there.major
    ):  # fmt: skip
        yield passed("Same servers", f"PostgreSQL {here.major}, {here.encoding}, {here.collation} on both.")


def _disk(facts: MoveFacts, there: Server) -> Check:
    """PostgreSQL and Patroni do not tell what a disk has left: it is what the fleet file says, less what is taken."""
    leader, needs = facts.target.leader, round(facts.bytes * MARGIN)
    evidence = {"bytes": facts.bytes, "database_bytes": there.database_bytes, "used_bytes": there.used_bytes}
    if there.disk_bytes is None:
        cure = "give it the option disk_bytes in the fleet file"
        told = f"its databases and WAL take {human_bytes(there.used_bytes)}, {human_bytes(needs)} have to be free"
        return warned("Disk", f"How much is free on {leader} is unknown ({cure}): {told}.", **evidence)
    free, evidence = there.disk_bytes - there.used_bytes, {**evidence, "disk_bytes": there.disk_bytes}
    sentence = f"{human_bytes(max(0, free))} of {human_bytes(there.disk_bytes)} are free on {leader}"
    if free < needs:
        return failed("Disk", f"{sentence}, and about {human_bytes(needs)} are needed: make room there.", **evidence)
    if there.used_bytes + needs > thresholds.DISK_WARNING * there.disk_bytes:
        return warned(
            "Disk", f"{sentence}; it will be fuller than {thresholds.DISK_WARNING:.0%} with the tenant.", **evidence
        )
    return passed("Disk", f"{sentence}; about {human_bytes(needs)} are needed.", **evidence)


def _wal(facts: MoveFacts, here: Server) -> Check:
    name, shard = "WAL for the stream", facts.source.shard
    if here.keep_mb < 0:
        return warned(name, f"{shard} keeps WAL for slots without limit: watch its disk while the stream is behind.")
    kept = human_bytes(here.keep_mb * MIB)
    if here.keep_mb * MIB < facts.bytes:
        risk = "should the stream be behind by more, the copy begins anew"
        return warned(name, f"{shard} keeps {kept} for a slot, less than the tenant has: {risk}.", keep_mb=here.keep_mb)
    return passed(name, f"{shard} keeps {kept} for a slot.", keep_mb=here.keep_mb)
