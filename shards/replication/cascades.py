"""Who streams from whom: as the standby itself says, else as the sender counts it, else as Patroni was told. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from shards.replication.seen import MemberSeen


def following(members: Sequence[MemberSeen], leader: str) -> list[MemberSeen]:
    """The members, each with whom it follows: somebody while there is a leader, and never in a ring."""
    placed = {one.name: _follows(one, members, leader) for one in members}
    for one in members:
        if _in_a_ring(one.name, placed):
            placed[one.name] = "" if one.name == leader else leader
    return [replace(one, follows=placed[one.name]) for one in members]


def _follows(member: MemberSeen, members: Sequence[MemberSeen], leader: str) -> str:
    if member.name == leader:
        return ""
    others = [one for one in members if one.name != member.name]
    by_address = next((one.name for one in others if member.sender and one.address == member.sender), "")
    by_sender = next((one.name for one in others if _sends_to(one, member.name)), "")
    wanted = str(member.told.get("replicatefrom") or "")
    told = next((one.name for one in others if one.name == wanted), "")
    return by_address or by_sender or told or leader


def _sends_to(member: MemberSeen, name: str) -> bool:
    if member.facts is None or member.state == "unreachable":
        return False
    return any(standby.application_name == name for standby in member.facts.standbys)


def _in_a_ring(name: str, placed: dict[str, str]) -> bool:
    seen: set[str] = set()
    while name:
        if name in seen:
            return True
        seen.add(name)
        name = placed.get(name, "")
    return False
