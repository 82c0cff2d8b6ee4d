"""How much each member lacks of what the shard is known to have written."""

from pydantic import BaseModel, ConfigDict

from metrics.contract import Snapshot
from metrics.selectors import snapshot
from novaops.ui.formats import moment
from shards.clients.patroni_replies import Status
from shards.replication.facts import PatroniFacts, PostgresFacts
from shards.replication.files import FilesFacts, files_of
from shards.replication.maintenance import live
from shards.replication.maintenance.live import ClusterFacts


class Position(BaseModel):
    """The furthest byte position that anybody was seen at; `source` says who and when, in words."""

    model_config = ConfigDict(frozen=True)

    at: int
    source: str


class FailoverFacts(BaseModel):
    model_config = ConfigDict(frozen=True)

    cluster: ClusterFacts
    best: Position | None = None
    files: dict[str, FilesFacts] = {}

    def lacks(self, member: str) -> int | None:
        """Bytes behind the best known position; None when it cannot be said."""
        own = position(self.cluster.word(member).status)
        return None if own is None or self.best is None else max(0, self.best.at - own)


def gather(shard: str) -> FailoverFacts:
    cluster, stored = live.read(shard), snapshot()
    best = max(_known(cluster, stored), key=lambda one: one.at, default=None)
    return FailoverFacts(cluster=cluster, best=best, files=files_of(shard, stored))


def position(status: Status) -> int | None:
    """How far a member has the log: written, or received, which a promotion replays first."""
    known = [at for at in (status.location, status.received, status.replayed) if at is not None]
    return max(known, default=None)


def _known(cluster: ClusterFacts, stored: Snapshot) -> list[Position]:
    """What members say now, and what the collectors last heard of those that are silent."""
    found = [
        Position(at=at, source=f"{name} now")
        for name, said in cluster.words.items()
        if (at := position(said.status)) is not None
    ]
    for seen, facts in stored.facts(PostgresFacts, cluster.shard):
        if facts.written is not None and seen.good_at:
            found.append(Position(at=facts.written, source=f"{seen.server.name}, {moment(seen.good_at)}"))
    for seen, told in stored.facts(PatroniFacts, cluster.shard):
        if told.status.location is not None and seen.good_at:
            found.append(Position(at=told.status.location, source=f"{seen.server.name}, {moment(seen.good_at)}"))
    return found
