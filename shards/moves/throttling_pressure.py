"""What a copy weighs on the two shards: how far their replicas are behind, and the WAL that is kept for its stream."""

from dataclasses import dataclass, field

from novaops.inventory.targets import Target
from novaops.operations.contract import OperationProblem
from shards.moves.catalog import statement
from shards.moves.streams import Stream
from shards.partitions.leader import NoLeader, find, session_on

ASK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Pressure:
    """`lag` in seconds, that of the replica that is furthest behind; `held` in bytes; None: not known now. Of `most`
    bytes the shard keeps no more, below 0: all that is needed."""

    lag: float | None = None
    held: int | None = None
    most: float = -1


@dataclass(slots=True)
class Gauge:
    """Asks the leaders, from the step's own thread. One that does not answer is looked for the next time."""

    stream: Stream
    _leaders: dict[str, Target] = field(default_factory=dict)

    def read(self) -> dict[str, Pressure]:
        return {shard: self._of(shard) for shard in (self.stream.sender, self.stream.receiver)}

    def _of(self, shard: str) -> Pressure:
        try:
            leader = self._leaders.get(shard) or find(shard)
            self._leaders[shard] = leader
            with session_on(shard, ASK_SECONDS, leader) as session:
                row = session.execute(statement("pressure"), {"slot": self.stream.name}).fetchone()
        except (OperationProblem, NoLeader):
            self._leaders.pop(shard, None)
            return Pressure()
        return Pressure(**row) if row else Pressure()
