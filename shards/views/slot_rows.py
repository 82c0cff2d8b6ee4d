"""Rows of a table of slots: each with what can be done with it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shards.acts import slot_acts
from shards.replication.seen import ShardTopology
from shards.replication.slots import SlotSeen
from shards.views.act_links import ActLink, links


@dataclass(frozen=True, slots=True)
class SlotRow:
    seen: SlotSeen
    acts: tuple[ActLink, ...]


def slot_rows(
    slots: Iterable[SlotSeen],
    shards: Mapping[str, ShardTopology],
    own: Mapping[str, Collection[str]],
    can: Collection[str],
) -> tuple[SlotRow, ...]:
    return tuple(
        SlotRow(one, links(slot_acts(shards[one.shard], one.member, one.slot, own.get(one.shard, ()), can)))
        for one in slots
        if one.shard in shards
    )
