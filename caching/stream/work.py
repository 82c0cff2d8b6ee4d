"""The change stream as work that processes share."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from caching.stream import hiring, parts, samples
from caching.stream.hiring import Servers, Worker
from novaops.fleets.models import Fleet
from novaops.leased.process import Hired


@dataclass(frozen=True, slots=True)
class ChangeStream:
    """`sorts`: those of `hiring.SORTS` that this process takes. A slot has one reader at most, and forgetting twice
    harms nobody: so work goes on while the control database, and with it the lease, is away."""

    sorts: tuple[str, ...]

    def wanted(self) -> Mapping[str, Servers]:
        found = hiring.wanted(self.sorts)
        parts.register(found)
        return found

    def claim(self, keys: Collection[str], holder: str) -> str | None:
        return parts.claim(keys, holder)

    def renew(self, key: str, holder: str, worker: Worker) -> bool:
        return parts.renew(key, holder, worker.report)

    def leave(self, key: str, holder: str) -> None:
        parts.leave(key, holder)

    def hire(self, fleet: Fleet, key: str, holder: str) -> Hired[Worker]:
        return hiring.hire(fleet, key)

    def attend(self, mine: Mapping[str, Worker]) -> None:
        samples.keep({key: worker.report for key, worker in mine.items()})
