"""A leftover: what it is, where, since when, what it costs, who left it, and whether and how it can be removed."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from metrics.contract import Severity
from metrics.thresholds import SLOT_CRITICAL_BYTES, SLOT_WARNING_BYTES, XID_AGE_CRITICAL, XID_AGE_WARNING
from novaops.ui.formats import compact, human_bytes, human_number
from shards.leftovers.place import Place
from shards.leftovers.sorts import REMOVING, Sort

WARNED = frozenset({Sort.SUBSCRIPTION, Sort.PREPARED, Sort.TENANT_ROWS, Sort.TENANT_SCHEMA, Sort.LEASE, Sort.LOCK})


class Leftover(BaseModel):
    """`began` is when it began, where that is known; `first_seen` when this console first saw it: that old at least.
    `refusal` says why it cannot be removed here; empty when it can. `identity` is what must still be so when it is."""

    model_config = ConfigDict(frozen=True)

    sort: Sort
    name: str
    shard: str = ""
    database: str = ""
    server: str = ""
    sentence: str
    origin: str = ""
    operation: int | None = None
    began: datetime | None = None
    first_seen: datetime | None = None
    wal_bytes: int | None = None
    bytes: int | None = None
    rows: int | None = None
    about: str = ""
    xid_age: int | None = None
    refusal: str = ""
    identity: dict[str, Any] = {}

    @property
    def place(self) -> Place:
        return Place(self.sort, self.shard, self.name, self.database)

    @property
    def key(self) -> str:
        return self.place.key

    @property
    def removing(self) -> str:
        """What removing it does, as a sentence."""
        return REMOVING[self.sort]

    @property
    def removable(self) -> bool:
        return bool(self.removing) and not self.refusal

    @property
    def since(self) -> datetime | None:
        return self.began or self.first_seen

    @property
    def cost(self) -> tuple[tuple[str, str], ...]:
        """What it costs, as amount and what of."""
        told = (
            (human_bytes(self.wal_bytes), "of WAL held") if self.wal_bytes else None,
            (human_bytes(self.bytes), "on disk") if self.bytes else None,
            (f"{self.about} {human_number(self.rows)}".strip(), "row" if self.rows == 1 else "rows")
            if self.rows
            else None,
            (compact(self.xid_age), "transactions that VACUUM waits for") if self.xid_age else None,
        )
        return tuple(one for one in told if one)

    @property
    def severity(self) -> Severity:
        held, xids = self.wal_bytes or 0, self.xid_age or 0
        if held > SLOT_CRITICAL_BYTES or xids > XID_AGE_CRITICAL or self.sort is Sort.POOL:
            return Severity.CRITICAL
        if held > SLOT_WARNING_BYTES or xids > XID_AGE_WARNING or self.sort in WARNED:
            return Severity.WARNING
        return Severity.INFO
