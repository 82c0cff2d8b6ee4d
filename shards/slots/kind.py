"""The kind of operation `slot-drop`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from novaops.ui.formats import human_bytes
from shards.replication.slots import slots_of
from shards.replication.topology import topologies
from shards.slots.facts import DropFacts
from shards.slots.gather import gather
from shards.slots.plan import plan_drop
from shards.slots.steps import STEPS


class SlotParameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    server: str = Field(title="Server", min_length=1, description="The leader of the slot's shard.")
    slot: str = Field(title="Slot", min_length=1, max_length=63, description="Its name.")
    end_reader: bool = Field(
        default=False, title="End its reader", description="Otherwise a slot that is in use is refused."
    )


class SlotDrop(Kind[SlotParameters]):
    name: ClassVar[str] = "slot-drop"
    title: ClassVar[str] = "Drop a replication slot"
    description: ClassVar[str] = (
        "Drops a slot that keeps WAL from being removed, and ends who reads from it if that is asked for: before the"
        " disk is full. Whoever reads from it has to be built anew."
    )
    risk: ClassVar[Risk] = Risk.HIGH
    right: ClassVar[Right] = Right.SWITCH_OVER
    parameters = SlotParameters

    def locks(self, parameters: SlotParameters) -> tuple[Lock, ...]:
        """The shard's; of a server that nobody knows there is nothing to lock, and nothing to do either."""
        shard = next((one.shard for one in targets(ServerKind.POSTGRES) if one.name == parameters.server), "")
        return (Lock("shard", shard),) if shard else ()

    def gather(self, parameters: SlotParameters) -> DropFacts:
        return gather(parameters.server, parameters.slot)

    def plan(self, parameters: SlotParameters, facts: Any, now: datetime) -> Plan:
        return plan_drop(parameters.server, parameters.slot, parameters.end_reader, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        """The slots of leaders, those that hold the most first."""
        seen = snapshot()
        leaders = {shard.leader_name: shard.name for shard in topologies(seen) if shard.leader_name}
        found = {one.slot.name: one for one in reversed(slots_of(seen)) if one.member in leaders}
        return {
            "server": [(name, f"{name} (leads {shard})") for name, shard in leaders.items()],
            "slot": [
                (name, f"{name} ({human_bytes(one.slot.held_bytes or 0)})") for name, one in reversed(found.items())
            ],
        }
