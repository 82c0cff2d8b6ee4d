"""The read path: L1, then L2 (which fills L1), then the loader, which one caller asks while the others wait."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

from caching.library import keys
from caching.library.counters import Counters
from caching.library.entries import NOTHING, Opened, State, opened, packed
from caching.library.envelope import Stamp
from caching.library.exceptions import NotStorable, Unavailable
from caching.library.families import FAMILIES, Family, Tier
from caching.library.looks import Found
from caching.library.steps import Ask, Load, Pause, Steps

logger = logging.getLogger("novaops.caching")


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. A loader that takes longer than `lease` may be called a second time; after `wait`, who waits for
    another's loader calls its own. `wait` is longer, so that one waiter replaces a holder that died, not all
    of them."""

    lease: float = 3.0
    wait: float = 5.0
    first_pause: float = 0.004
    longest_pause: float = 0.05


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is kept, once its generations are known. `family` is the one that was asked for."""

    family: Family
    tenant_id: str
    key: str
    stamp: Stamp
    l2_family: Family | None
    l2_stamp: Stamp

    @property
    def l1_key(self) -> str:
        return keys.l1_key(self.family, self.tenant_id, self.key) if self.family.tier is Tier.L1 else ""

    @property
    def l2_key(self) -> str:
        if self.l2_family is None:
            return ""
        copy_of = "" if self.l2_family is self.family else self.family.name
        return keys.l2_key(self.l2_family, self.tenant_id, self.l2_stamp.total, self.key, copy_of)

    @property
    def lease_key(self) -> str:
        """With the generation: who came after a change does not wait for what was begun before it."""
        return keys.lease_key(self.family, self.tenant_id, self.stamp.total, self.key)


class ReadPath:
    def __init__(
        self, counters: Counters, patience: Patience, loaded: Callable[[str, str], None] = lambda *_: None
    ) -> None:
        """`loaded` is told the family and the tenant of each loader call."""
        self._counters, self._patience, self._loaded = counters, patience, loaded

    def fill(self, family: Family, tenant_id: str, key: str, found: Found) -> Steps[Any]:
        """After a look that found nothing good, or found that this reader is to renew it early."""
        place = yield from self._place(family, tenant_id, key, found.stamp)
        if place is None:
            self._loaded(family.name, tenant_id)
            return (yield Load())
        best = found.opened
        if not best.good and place.l2_family is not None:
            best = max(best, (yield from self._from_l2(place)), key=lambda one: one.state)
        if best.state is State.FRESH:
            yield from self._keep_l1(place, best.value)
            return best.value
        return (yield from self._renew(place, best))

    def read_l2(
        self, family: Family, tenant_id: str, names: Sequence[str], stamps: Sequence[Stamp]
    ) -> Steps[dict[str, Any]]:
        """Good values of several keys: of an L2 family, or copies of entries of an L1 family, which are filled."""
        wanted: dict[str, tuple[str, Place]] = {}
        for name, stamp in zip(names, stamps, strict=True):
            place = yield from self._place(family, tenant_id, name, stamp)
            if place is not None and place.l2_family is not None:
                wanted[place.l2_key] = (name, place)
        if not wanted:
            return {}
        data = yield from self._quietly(family, Ask("l2", "get_many", (list(wanted),)))
        found = {}
        for full, (name, place) in wanted.items():
            assert place.l2_family is not None
            one = self._open(place.l2_family, (data or {}).get(full), place.l2_stamp)
            if one.good:
                found[name] = one.value
                yield from self._keep_l1(place, one.value)
        return found

    def keep(self, family: Family, tenant_id: str, key: str, stamp: Stamp, value: Any) -> Steps[None]:
        """In the tiers of the family. Raises NotStorable."""
        place = yield from self._place(family, tenant_id, key, stamp)
        if place is not None:
            yield from self._keep_l2(place, value, 0.0)
            yield from self._keep_l1(place, value)

    def delete(self, family: Family, tenant_id: str, key: str, stamp: Stamp) -> Steps[None]:
        place = yield from self._place(family, tenant_id, key, stamp)
        if place is not None and place.l2_family is not None:
            yield from self._quietly(place.l2_family, Ask("l2", "delete", (place.l2_key,)))
        if place is not None and place.l1_key:
            yield from self._quietly(family, Ask("l1", "delete", (place.l1_key,)))

    def _place(self, family: Family, tenant_id: str, key: str, stamp: Stamp | None) -> Steps[Place | None]:
        """None when it is not known by which generations the value would be hidden."""
        if stamp is None:
            return None
        if family.tier is Tier.L2:
            return Place(family, tenant_id, key, stamp, family, stamp)
        if not family.backing:
            return Place(family, tenant_id, key, stamp, None, stamp)
        # A copy is hidden by what hides the entry, and by the generation of the family that it is kept in.
        added = yield from self._quietly(family, Ask("generations", "shared", ("", family.backing)))
        if added is None:
            return None
        return Place(
            family, tenant_id, key, stamp, FAMILIES[family.backing], replace(stamp, shared=stamp.shared + added)
        )

    def _renew(self, place: Place, best: Opened) -> Steps[Any]:
        """By whoever gets the lease; the others take what is good still, or wait for it."""
        token, until = token_hex(8), time.monotonic() + self._patience.wait
        pause = self._patience.first_pause
        while True:
            mine = yield from self._lease(place, token)
            if mine is None:  # L1 cannot say who loads
                return (yield from self._load(place, best, ""))
            if not mine and best.state is not State.NOTHING:
                return best.value
            if not best.good:
                # Whoever had the lease may have kept the value in the meantime.
                again = yield from self._look_again(place)
                if again.good:
                    yield from self._release(place, token if mine else "")
                    return again.value
            if mine or time.monotonic() >= until:
                return (yield from self._load(place, best, token if mine else ""))
            yield Pause(pause)
            pause = min(pause * 1.5, self._patience.longest_pause)

    def _load(self, place: Place, best: Opened, token: str) -> Steps[Any]:
        began = time.monotonic()
        self._loaded(place.family.name, place.tenant_id)
        try:
            value = yield Load()
        except Exception:
            yield from self._release(place, token)
            if best.state is State.NOTHING:
                raise
            logger.warning("%s%s could not be loaded; the value from before is served.", place.family.prefix, place.key)
            return best.value
        seconds = time.monotonic() - began
        try:
            # What is returned has the form in which the next readers will get it.
            value = yield from self._keep_l2(place, value, seconds)
            value = yield from self._keep_l1(place, value, seconds)
        except NotStorable as problem:
            self._counters.add(place.family.name, "errors")
            logger.warning("Not cached: %s", problem)
        yield from self._release(place, token)
        return value

    def _look_again(self, place: Place) -> Steps[Opened]:
        """With the generations of the first look: a value that they do not hide is one that this reader may have."""
        if place.l1_key:
            data = yield from self._quietly(place.family, Ask("l1", "read", ((place.l1_key,),)))
            return self._open(place.family, data[0] if data else None, place.stamp, counted=False)
        return (yield from self._from_l2(place, counted=False))

    def _from_l2(self, place: Place, counted: bool = True) -> Steps[Opened]:
        assert place.l2_family is not None
        data = yield from self._quietly(place.l2_family, Ask("l2", "get", (place.l2_key,)))
        return self._open(place.l2_family, data, place.l2_stamp, counted)

    def _keep_l1(self, place: Place, value: Any, seconds: float = 0.0) -> Steps[Any]:
        if not place.l1_key:
            return value
        entry = packed(place.family, place.key, value, place.stamp, time.time(), seconds)
        kept = yield from self._quietly(place.family, Ask("l1", "set", (place.l1_key, entry.data, entry.seconds)))
        if kept is not None:
            self._counters.add(place.family.name, "sets")
        return entry.value

    def _keep_l2(self, place: Place, value: Any, seconds: float) -> Steps[Any]:
        if place.l2_family is None:
            return value
        entry = packed(place.l2_family, place.key, value, place.l2_stamp, time.time(), seconds)
        kept = yield from self._quietly(place.l2_family, Ask("l2", "set", (place.l2_key, entry.data, entry.seconds)))
        if kept is not None:
            self._counters.add(place.l2_family.name, "sets")
        return entry.value

    def _lease(self, place: Place, token: str) -> Steps[bool | None]:
        milliseconds = round(self._patience.lease * 1000)
        taken: bool | None = yield from self._quietly(
            place.family, Ask("l1", "lease", (place.lease_key, token, milliseconds))
        )
        return taken

    def _release(self, place: Place, token: str) -> Steps[None]:
        if token:
            yield from self._quietly(place.family, Ask("l1", "release", (place.lease_key, token)))

    def _quietly(self, family: Family, ask: Ask) -> Steps[Any]:
        """The answer, or None when the tier has none."""
        try:
            return (yield ask)
        except Unavailable:
            self._counters.add(family.name, "errors")
            return None

    def _open(self, family: Family, data: bytes | None, stamp: Stamp, counted: bool = True) -> Opened:
        try:
            found = opened(family, data, stamp, time.time())
        except ValueError:
            self._counters.add(family.name, "errors")
            found = NOTHING
        if counted:
            self._counters.add(family.name, "hits" if found.good else "misses")
        return found
