"""A notice: what one transaction changed of one tenant. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import count, islice
from typing import Any

import orjson

from caching.stream.names import EVERYBODY
from shards.decoding.pgoutput import UNCHANGED, Row, Truncate

# A transaction that changes more VMs of one tenant than this makes the whole tenant's entries old: that is cheaper.
MOST_VMS = 64
# A transaction that changes more tenants is told of in several parts, so that memory stays bounded; and it makes all of
# the shard old at once, as is cheaper again: of later parts only what to count is told, of so many tenants at once.
MOST_TENANTS = 2_000
CROWD = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """`vms` are the changed ones; `whole` when everything of the tenant is old (then `vms` is empty). `counts` has rows
    by what happened to them: created, changed, removed (VMs), other. `lsn` is the commit's end (of parts, within it),
    `ordinal` counts the notices of a transaction, `timeline` tells histories apart. `again`: told once more, now that
    replicas follow. `crowd` has the counts of many tenants, for whoever counts: everybody was told before."""

    shard: str
    tenant: str
    lsn: int
    ordinal: int
    timeline: int
    committed_at: datetime
    vms: tuple[str, ...] = ()
    whole: bool = False
    counts: dict[str, int] = field(default_factory=dict, hash=False)
    again: bool = False
    crowd: dict[str, dict[str, int]] = field(default_factory=dict, hash=False)

    @property
    def id(self) -> str:
        """The same for the same change however often it is read: JetStream drops what it has already. What is told
        again of everybody has the place of the last change, but is another thing than that."""
        again = (":all" if self.of_shard else ":again") if self.again else ""
        return f"{self.shard}:{self.timeline}:{self.lsn}:{self.ordinal}{again}"

    @property
    def of_shard(self) -> bool:
        return self.tenant == EVERYBODY

    def pack(self) -> bytes:
        return orjson.dumps({name: getattr(self, name) for name in NAMES})

    @classmethod
    def unpack(cls, data: bytes) -> "Notice":
        """Raises ValueError for what is none."""
        try:
            said = orjson.loads(data)
            at = datetime.fromisoformat(said.pop("committed_at"))
            return cls(**{**said, "vms": tuple(said["vms"])}, committed_at=at)
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"no notice: {problem}") from problem


NAMES = tuple(one.name for one in fields(Notice))


@dataclass(slots=True)
class _Tenant:
    vms: set[str] = field(default_factory=set)
    whole: bool = False
    counts: Counter[str] = field(default_factory=Counter)


class Gathering:
    """The rows of one transaction, brought together by tenant as they come."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another transaction."""
        self._tenants: dict[str, _Tenant] = {}
        self._parts, self._ordinals = 0, count()
        self.rows = 0

    @property
    def full(self) -> bool:
        return len(self._tenants) >= MOST_TENANTS

    def add(self, change: Row | Truncate) -> None:
        if isinstance(change, Truncate):
            self._of(EVERYBODY).whole = True
            return
        self.rows += 1
        for values in (change.old_key, change.values):
            if values:
                self._add(change, values)
        named = change.values.get("tenant_id") or EVERYBODY
        self._of(named).counts[what_happened(change)] += 1

    def take(self, shard: str, lsn: int, timeline: int, at: datetime) -> Iterator[Notice]:
        """A notice per tenant, in the order in which they were first met. What is added from then on is another part of
        the transaction."""
        tenants, self._tenants = self._tenants, {}
        self._parts += bool(tenants)
        found = self._each(tenants) if self._parts < 2 else self._together(tenants)
        for tenant, more in found:
            yield Notice(shard, tenant, lsn, next(self._ordinals), timeline, at, **more)

    def _each(self, tenants: Mapping[str, _Tenant]) -> Iterator[tuple[str, dict[str, Any]]]:
        for tenant, found in tenants.items():
            vms = () if found.whole else tuple(sorted(found.vms))
            yield tenant, {"vms": vms, "whole": found.whole, "counts": dict(found.counts)}

    def _together(self, tenants: Mapping[str, _Tenant]) -> Iterator[tuple[str, dict[str, Any]]]:
        if tenants and self._parts == 2:
            yield EVERYBODY, {"whole": True}
        counts = iter([(tenant, dict(found.counts)) for tenant, found in tenants.items()])
        while crowd := dict(islice(counts, CROWD)):
            yield EVERYBODY, {"crowd": crowd}

    def _add(self, change: Row, values: Any) -> None:
        """A row without a tenant concerns everybody."""
        tenant = self._of(values.get("tenant_id") or EVERYBODY)
        vm = values.get("id") if change.relation.name.startswith("vms") else None
        if vm is None or vm is UNCHANGED:
            tenant.whole = True
        elif not tenant.whole:
            tenant.vms.add(str(vm))
            tenant.whole = len(tenant.vms) > MOST_VMS
        if tenant.whole:
            tenant.vms.clear()

    def _of(self, tenant: str) -> _Tenant:
        return self._tenants.setdefault(tenant, _Tenant())


def what_happened(change: Row) -> str:
    """`vms` has one row per VM; its other tables only say more of it."""
    if change.relation.name != "vms":
        return "other"
    if change.action == "update":
        return "removed" if isinstance(change.values.get("deleted_at"), datetime) else "changed"
    return "created" if change.action == "insert" else "removed"
