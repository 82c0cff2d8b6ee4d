"""One decision of the planner, and how urgent it is. Pure."""

from dataclasses import dataclass

from shards.rebalancing.answer import Why
from shards.rebalancing.units import Part, Unit

ORDER = (Why.LEAVING, Why.PINNED, Why.APART, Why.TOGETHER, Why.OVER)


@dataclass(frozen=True, slots=True)
class Chosen:
    """`room` is what the target had for it then, as a part of the fleet's load."""

    unit: Unit
    source: str
    target: str
    why: Why
    room: float

    @property
    def parts(self) -> list[Part]:
        """Those that are elsewhere now."""
        return [part for part in self.unit.parts if part.shard != self.target]

    @property
    def moves(self) -> int:
        return len(self.parts)

    @property
    def bytes(self) -> int:
        return self.unit.bytes_to(self.target)

    def urgency(self) -> tuple[int, float, str]:
        """What has to be before what is only better, and that by what it relieves per byte."""
        worth = self.unit.cost / self.bytes if self.bytes else float("inf")
        return ORDER.index(self.why), -worth, self.unit.name
