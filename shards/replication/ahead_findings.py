"""A standby that has WAL which its leader never had: it asks for what the leader has not written, and cannot follow.

Patroni looks for that when the leader changes, by what the standby has replayed, and rewinds. Seen: one with a part of
a record that the leader does not have (4.1.5), and one that met the leader in the moment of its promotion (3.3.8),
stayed as they were, `running`, with a lag of 0. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from metrics.contract import Finding, Severity, Snapshot
from novaops.inventory.models import ServerKind
from novaops.ui.formats import human_bytes
from shards.clients.patroni_replies import Member
from shards.replication.facts import PatroniSettingsFacts, PostgresFacts
from shards.replication.findings import build_anew, cluster_of, finding
from shards.replication.history import lsn_text
from shards.replication.own_slots import slot_of


def ahead(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for shard in snapshot.shards:
        cluster = cluster_of(snapshot, shard.name)
        leader = cluster.leader if cluster else None
        leads = _server(snapshot, leader.name) if leader else None
        if cluster and leader and leads and not leads.in_recovery:
            for member in cluster.members:
                yield from _standby(snapshot, shard.name, member, leader, leads)


def _server(snapshot: Snapshot, name: str) -> PostgresFacts | None:
    """While it answers."""
    seen = snapshot.seen(ServerKind.POSTGRES, name, "postgres")
    return seen.facts if seen and seen.reachable and isinstance(seen.facts, PostgresFacts) else None


def _comparable(snapshot: Snapshot, name: str, leader: str) -> bool:
    """What it received lately may be newer than a sample of the leader that is older than its own."""
    own, leads = (snapshot.seen(ServerKind.POSTGRES, one, "postgres") for one in (name, leader))
    if not (own and leads and own.good_at and leads.good_at):
        return False
    return leads.good_at >= own.good_at or not own.rates.get("wal_bytes_total")


def _standby(snapshot: Snapshot, shard: str, member: Member, leader: Member, leads: PostgresFacts) -> Iterator[Finding]:
    own = _server(snapshot, member.name)
    if own is None or not own.in_recovery or own.receiver_status == "streaming":
        return
    has = max(own.received or 0, own.replayed or 0)
    began = _began(snapshot, shard, leader.timeline) if _older(member, leader) else None
    if began is not None and has > began:
        more, why = has - began, f"{leader.name} began timeline {leader.timeline} at {lsn_text(began)}"
    elif leads.written is not None and has > leads.written and _comparable(snapshot, member.name, leader.name):
        more, why = has - leads.written, f"{leader.name} has written up to {lsn_text(leads.written)}"
    else:
        return
    yield _told(shard, member.name, leader.name, f"it has WAL up to {lsn_text(has)}, and {why}", more)


def _older(member: Member, leader: Member) -> bool:
    """By Patroni's word, which is the timeline that the member replays."""
    return bool(member.timeline and leader.timeline and member.timeline < leader.timeline)


def _began(snapshot: Snapshot, shard: str, timeline: int | None) -> int | None:
    """Where the leader's timeline began, as Patroni's history tells."""
    told = [switch for _, facts in snapshot.facts(PatroniSettingsFacts, shard) for switch in facts.history]
    return next((one.lsn for one in told if timeline and one.timeline == timeline - 1), None)


def _told(shard: str, name: str, leader: str, why: str, more: int) -> Finding:
    sentence = f"{name} cannot follow {leader}: {why}. {leader} never had those {human_bytes(more)}."
    step = (
        f"Patroni may rewind it within some seconds. Where this stays, build it anew: what only {name} has is lost "
        "with that, so copy it first if applications miss writes that they were told of."
    )
    explains = (
        *(f"replication:{what}:{name}" for what in ("receiver", "timeline", "lag", "lag-bytes")),
        f"replication:slot:{shard}:{slot_of(name)}",
    )
    found = finding(f"ahead:{name}", Severity.WARNING, shard, sentence, step, name, explains=explains)
    return replace(found, remedy=build_anew(shard, name))
