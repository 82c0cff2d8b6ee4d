"""Ways back as work that processes share: each is kept by one of them; those that have expired are ended."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from novaops.fleets.models import Fleet
from novaops.leased.process import Hired
from shards.moves.models import Move, Phase
from shards.moves.returning import leases
from shards.moves.returning.following import Follower


@dataclass(frozen=True, slots=True)
class WaysBack:
    """`expire` is called inside each fleet, now and then: it ends what has expired."""

    expire: Callable[[], object]

    def wanted(self) -> Mapping[int, object]:
        return dict.fromkeys(Move.objects.filter(phase=Phase.MOVED).values_list("pk", flat=True))

    def claim(self, keys: Collection[int], holder: str) -> int | None:
        return leases.claim(keys, holder)

    def renew(self, key: int, holder: str, worker: Follower) -> bool:
        return leases.LEASES.renew(key, holder)

    def leave(self, key: int, holder: str) -> None:
        leases.LEASES.leave(key, holder)

    def hire(self, fleet: Fleet, key: int, holder: str) -> Hired[Follower]:
        return Hired(Follower(fleet, key, holder))

    def attend(self, mine: Mapping[int, Follower]) -> None:
        self.expire()
