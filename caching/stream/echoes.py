"""Notices that are told once more: they went out before every replica had replayed what they tell of, and whoever read
from one of those meanwhile may have filled a cache with what was before. Pure, but for the clock."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from caching.stream.notices import MOST_VMS, Notice

# A replica that is away for longer, or a crowd of tenants, is answered by one notice for the whole shard.
LONGEST_SECONDS = 60.0
MOST = 5_000


@dataclass(slots=True)
class _Waiting:
    """`later` gathers what comes while `notice` waits, which so is told of however fast more comes. Each has the
    position before its first change, between two transactions."""

    notice: Notice
    before: int
    since: float
    later: Notice | None = None
    before_later: int = 0

    def add(self, notice: Notice, before: int) -> None:
        if self.later is None:
            self.later, self.before_later = notice, before
        else:
            self.later = merged(self.later, notice)


class Echoes:
    """By tenant. `owed`: everything of the shard is told of again when all replicas are there; from the beginning, when
    that is not known of what was before. Whoever confirms a position keeps `owed` with it."""

    def __init__(self, owed: bool = False) -> None:
        self.owed = owed
        self._owed_at: int | None = None
        self._waiting: dict[str, _Waiting] = {}

    def __bool__(self) -> bool:
        return self.owed or bool(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def before(self) -> int | None:
        """The position before all that is still to be told of: the slot keeps it, so that a restart forgets none."""
        return min((one.before for one in self._waiting.values()), default=None)

    def add(self, notices: Iterable[Notice], before: int) -> None:
        """`before` is the position from which they are read again. While a replica is away and everybody is owed, that
        tells of them too, and nothing is kept back for it."""
        if self.owed and self._owed_at is None:
            return
        for notice in notices:
            if waiting := self._waiting.get(notice.tenant):
                waiting.add(notice, before)
            else:
                self._waiting[notice.tenant] = _Waiting(notice, before, time.monotonic())

    def all_there(self, position: int) -> None:
        """Every replica is: what everybody is owed is due when they have replayed what was told until now."""
        if self.owed and self._owed_at is None:
            self._owed_at = position

    def settled(self, replayed: int) -> bool:
        """Whether everybody is to be told now; nothing is owed from then on."""
        if self._owed_at is None or self._owed_at > replayed:
            return False
        self.owed, self._owed_at = False, None
        return True

    def due(self, replayed: int) -> Iterator[Notice]:
        """What all replicas have by now."""
        for tenant, one in list(self._waiting.items()):
            if one.notice.lsn > replayed:
                continue
            yield replace(one.notice, again=True, counts={})
            if one.later is None:
                del self._waiting[tenant]
            else:
                self._waiting[tenant] = _Waiting(one.later, one.before_later, time.monotonic())

    def give_way(self) -> None:
        """To one notice for all, when too many wait or one waits for too long."""
        oldest = min((one.since for one in self._waiting.values()), default=float("inf"))
        if len(self._waiting) > MOST or time.monotonic() - oldest > LONGEST_SECONDS:
            self._waiting.clear()
            self.owed, self._owed_at = True, None


def merged(first: Notice, later: Notice) -> Notice:
    """Both as one, at the later's place."""
    vms = tuple(sorted({*first.vms, *later.vms}))
    whole = first.whole or later.whole or len(vms) > MOST_VMS
    return replace(later, vms=() if whole else vms, whole=whole)
