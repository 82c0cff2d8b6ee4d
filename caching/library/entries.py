"""Entries: from a value to the bytes that are kept, and back, with what may be done with them now. Pure."""

import math
import random
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from caching.library.envelope import Envelope, Stamp
from caching.library.exceptions import NotStorable, TooLarge
from caching.library.families import JITTER, Family


class _Miss:
    """What a cache answers that has nothing, as None may be a value."""

    def __repr__(self) -> str:
        return "MISS"


MISS = _Miss()


class State(IntEnum):
    """The better, the higher."""

    NOTHING = 0  # or what was computed before a change
    STALE = 1  # past its time; good for the case that the loader fails
    EARLY = 2  # good, and this reader is to renew it
    FRESH = 3


@dataclass(frozen=True, slots=True)
class Opened:
    value: Any = MISS
    state: State = State.NOTHING

    @property
    def good(self) -> bool:
        return self.state is State.FRESH or self.state is State.EARLY


NOTHING = Opened()


@dataclass(frozen=True, slots=True)
class Packed:
    """`seconds` is for how long the store keeps it. `value` is what the next readers will get."""

    data: bytes
    seconds: int
    value: Any


def opened(family: Family, data: bytes | None, stamp: Stamp, now: float) -> Opened:
    """ValueError for bytes that are no entry."""
    assert family.serialiser is not None, f"{family.name} is a sorted set"
    if data is None:
        return NOTHING
    envelope = Envelope.unpack(data)
    if envelope.stamp != stamp:
        return NOTHING
    state = _state(family, envelope, now)
    return Opened(family.serialiser.load(envelope.payload), state) if state is not State.NOTHING else NOTHING


def packed(family: Family, name: str, value: Any, stamp: Stamp, now: float, seconds: float = 0.0) -> Packed:
    """`seconds` is how long the value took to compute. Raises NotStorable."""
    assert family.serialiser is not None, f"{family.name} is a sorted set"
    try:
        payload = family.serialiser.dump(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotStorable(f"{family.prefix}{name} cannot be written as {family.serialiser.name}: {error}") from error
    if len(payload) > family.most_bytes:
        raise TooLarge(f"{family.prefix}{name}", len(payload), family.most_bytes)
    life = max(1, round(family.ttl * (1 - JITTER * random.random())))  # noqa: S311 (only spreads expiry)
    good_for = min(life, family.negative_ttl) if value is None and family.negative_ttl else life
    envelope = Envelope(stamp, payload, now + good_for, seconds, negative=value is None)
    return Packed(envelope.pack(), life + family.stale, family.serialiser.load(payload))


def _state(family: Family, envelope: Envelope, now: float) -> State:
    if now >= envelope.fresh_until:
        return State.STALE if family.stale and not envelope.negative else State.NOTHING
    if family.early and _renewed_early(family.early, envelope, now):
        return State.EARLY
    return State.FRESH


def _renewed_early(beta: float, envelope: Envelope, now: float) -> bool:
    """XFetch: Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8),
    2015. The nearer the end and the longer the computing, the likelier; of many readers, few come first."""
    earlier = -envelope.seconds * beta * math.log(1.0 - random.random())  # noqa: S311 (who renews)
    return now + earlier >= envelope.fresh_until
