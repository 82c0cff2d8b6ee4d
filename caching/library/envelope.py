"""What stands before every value in both tiers: the generations that it was computed under, and how long it is good."""

from dataclasses import dataclass
from struct import Struct

MARK = 0xC1  # no JSON and no msgpack begins with it
NEGATIVE = 1
HEADER = Struct(">BBQQQdf")


@dataclass(frozen=True, slots=True)
class Stamp:
    """The generations at one moment: the tenant's, the narrower one (the entry's own, or that of all results), and the
    sum of the families' and the shard's. 0 where the family does not follow one."""

    tenant: int
    narrower: int
    shared: int

    @property
    def total(self) -> int:
        return self.tenant + self.narrower + self.shared


@dataclass(frozen=True, slots=True)
class Envelope:
    """`fresh_until` in seconds of the epoch; `seconds` is how long the value took to compute. `negative`: the loader
    found that there is none."""

    stamp: Stamp
    payload: bytes
    fresh_until: float
    seconds: float = 0.0
    negative: bool = False

    def pack(self) -> bytes:
        stamp, flags = self.stamp, NEGATIVE if self.negative else 0
        head = (MARK, flags, stamp.tenant, stamp.narrower, stamp.shared, self.fresh_until, self.seconds)
        return HEADER.pack(*head) + self.payload

    @classmethod
    def unpack(cls, data: bytes) -> "Envelope":
        """ValueError for bytes that are none."""
        if len(data) < HEADER.size or data[0] != MARK:
            raise ValueError("These bytes have no envelope.")
        _, flags, tenant, narrower, shared, fresh_until, seconds = HEADER.unpack_from(data)
        stamp = Stamp(tenant, narrower, shared)
        return cls(stamp, data[HEADER.size :], fresh_until, seconds, bool(flags & NEGATIVE))
