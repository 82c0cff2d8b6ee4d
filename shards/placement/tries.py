"""Where one piece of work is tried next, and when, by the errors that it met: the router's decisions, without its
connections, for threads and asyncio alike."""

import random
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import errors

from shards.placement import entering
from shards.placement.place_cache import PlaceCache
from shards.placement.places import Place, Road
from shards.placement.problems import ReplicaBehind, ShardUnknown

# What passes by itself: a failover, a restarted pool, a conflict.
CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected)
OUTAGES = (errors.OperationalError, errors.InterfaceError, errors.ReadOnlySqlTransaction)
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
# While a tenant is on its way, its place is known within milliseconds.
FIRST_DOUBT, LONGEST_DOUBT = 0.004, 1.0


# For so long nobody asks a replica that did not answer, while the primary does.
REST_SECONDS = 5.0


@dataclass
class Surroundings:
    """What a router knows of its fleet; `resting` are shards whose replicas are left alone, and until when."""

    places: PlaceCache
    shards: Collection[str]
    resting: dict[str, float] = field(default_factory=dict)

    def rests(self, shard: str) -> bool:
        return self.resting.get(shard, 0.0) > time.monotonic()


class Tries:
    """Of one piece of work. `pause` is how long to wait after a try that failed."""

    def __init__(
        self,
        around: Surroundings,
        tenant_id: str,
        readonly: bool,
        max_lag_seconds: float | None = None,
        primary: bool = False,
        within: float = 0.0,
    ) -> None:
        self.tenant_id, self.readonly, self.max_lag_seconds = tenant_id, readonly, max_lag_seconds
        self._may_choose = readonly and not primary
        self.road = Road.REPLICA if self._may_choose else Road.PRIMARY
        self.pause = 0.0
        self._around, self._places = around, around.places
        self._place: Place | None = None
        self._deadline = time.monotonic() + within
        self._next_pause, self._next_doubt = FIRST_PAUSE, FIRST_DOUBT

    def at(self, place: Place) -> tuple[str, Road]:
        """The pool for the next try, which is made with this place; PlacementProblem when there is none."""
        entering.refuse_closed(place, self.readonly)
        if place.shard not in self._around.shards:
            raise ShardUnknown(
                f"{place.tenant_id} is on {place.shard}, which this router does not know: make a new one with the"
                " addresses of all shards."
            )
        self._place = place
        if self.road is Road.REPLICA and self._around.rests(place.shard):
            self.road = Road.PRIMARY
        return place.shard, self.road

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Around one try: an error after which another one makes sense goes no further, and `pause` is set. A try that
        needs no pause is made whatever the time."""
        try:
            yield
        except psycopg.Error as error:
            pause = self._after(error)
            if pause is None or (pause and time.monotonic() + pause > self._deadline):
                raise
            self.pause = pause * (0.5 + random.random())  # noqa: S311 (only spreads the tries)

    def _after(self, error: psycopg.Error) -> float | None:
        """Seconds until the next try, None for none."""
        if error.sqlstate == entering.MOVED:
            return self._after_refusal(error)
        if isinstance(error, errors.QueryCanceled):  # its own time limit; trying again would only add load
            return None
        if isinstance(error, ReplicaBehind) and self.road is Road.REPLICA:
            self.road = Road.PRIMARY
            return 0.0
        if _lost(error):
            return self._after_outage()
        return self._longer() if isinstance(error, CONFLICTS) else None

    def _after_refusal(self, error: psycopg.Error) -> float | None:
        if self._place is None:
            return None
        told = entering.new_place(error)
        if told and told[0] in self._around.shards:
            self._places.learn(self.tenant_id, *told)
        if self._places.knows_newer(self._place):
            return 0.0
        if self.road is Road.REPLICA:  # it may not have heard yet of what its primary knows
            self.road = Road.PRIMARY
            return 0.0
        self._places.distrust(self._place)
        pause, self._next_doubt = self._next_doubt, min(self._next_doubt * 2, LONGEST_DOUBT)
        return pause

    def _after_outage(self) -> float:
        """Reads go by the other road next, if they may."""
        self._places.forget(self.tenant_id)
        if not self._may_choose or self._place is None:
            return self._longer()
        if self.road is Road.REPLICA:
            self.road, self._around.resting[self._place.shard] = Road.PRIMARY, time.monotonic() + REST_SECONDS
            return 0.0
        self.road = Road.REPLICA
        self._around.resting.pop(self._place.shard, None)
        return self._longer()

    def _longer(self) -> float:
        pause, self._next_pause = self._next_pause, min(self._next_pause * 2, LONGEST_PAUSE)
        return pause


def _lost(error: psycopg.Error) -> bool:
    """Whether no answer came, or not only the one that was asked for: a server that ends a session may say so right
    behind the answer to COMMIT, which psycopg calls an internal error, without a code of the server's."""
    return isinstance(error, OUTAGES) or (isinstance(error, psycopg.InternalError) and error.sqlstate is None)
