"""What the API answers. Names stay stable; nothing here can hold a secret."""

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


class FindingOut(Schema):
    key: str
    severity: str
    sentence: str
    subject: str
    since: datetime | None
    next_step: str


class FindingsOut(Schema):
    at: datetime
    findings: list[FindingOut]


class OperationIn(Schema):
    """A request; what comes back is a plan, and nothing is changed before it is confirmed."""

    kind: str
    parameters: dict[str, Any] = {}
    reason: str
    ticket: str = ""


class ConfirmationIn(Schema):
    """`typed` is what the plan asks to be typed (`plan.confirm`); empty when it asks for nothing."""

    typed: str = ""


class OperationLine(Schema):
    id: int
    kind: str
    title: str
    status: str
    outcome: str
    reason: str
    ticket: str
    requested_by: str
    planned_at: datetime
    ended_at: datetime | None


class OperationOut(OperationLine):
    parameters: dict[str, Any]
    confirmed_by: str
    cancelled_by: str
    fingerprint: str
    expires_at: datetime | None
    queued_at: datetime | None
    started_at: datetime | None
    plan: dict[str, Any]
    steps: list[dict[str, Any]]


class OperationsOut(Schema):
    count: int
    operations: list[OperationLine]


class Problem(Schema):
    detail: str
