"""What the API answers about the fleet. Names stay stable; nothing here can hold a secret."""

from datetime import datetime
from typing import Any

from ninja import Schema


class ReadingOut(Schema):
    """The last answer of a server to one probe. `facts` and `values` are those of the last good one (`good_at`)."""

    probe: str
    state: str
    cause: str
    checked_at: datetime | None
    good_at: datetime | None
    age_seconds: float | None
    old: bool
    state_since: datetime | None
    took_ms: float | None
    values: dict[str, float]
    facts: dict[str, Any] | None


class ServerOut(Schema):
    kind: str
    name: str
    address: str
    shard: str | None
    state: str
    readings: list[ReadingOut]


class ServersOut(Schema):
    at: datetime
    cycle_seconds: float
    servers: list[ServerOut]


class RemedyOut(Schema):
    """The operation that mends it: what `POST operations` takes."""

    kind: str
    parameters: dict[str, str]


class FindingOut(Schema):
    key: str
    severity: str
    sentence: str
    subject: str
    since: datetime | None
    next_step: str
    remedy: RemedyOut | None


class FindingsOut(Schema):
    at: datetime
    findings: list[FindingOut]


class ShardOut(Schema):
    """A shard with how much is placed on it; `counted_at` says how old the counts are."""

    name: str
    cluster: str
    database: str
    state: str
    weight: int
    tenants: int
    vms: int
    bytes: int
    counted_at: datetime | None


class ShardsOut(Schema):
    at: datetime
    shards: list[ShardOut]


class TenantOut(Schema):
    """Where a tenant lives, since when, at which epoch."""

    tenant_id: str
    name: str
    isolation: str
    shard: str
    epoch: int
    since: datetime
    vms: int | None
    bytes: int | None


class TenantsOut(Schema):
    count: int
    next: str | None
    tenants: list[TenantOut]
