"""What the API takes and answers about operations. Names stay stable; nothing here can hold a secret."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field


class ProblemOut(Schema):
    """RFC 9457. `fields` holds one sentence per field that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    fields: dict[str, str] | None = None


class KindOut(Schema):
    """A kind of operation. `parameters` is the JSON schema of what a request says; `choices` what there is to choose."""

    name: str
    title: str
    description: str
    risk: str
    right: str
    may_request: bool
    parameters: dict[str, Any]
    choices: dict[str, list[list[str]]]


class KindsOut(Schema):
    kinds: list[KindOut]


class OperationIn(Schema):
    """A request; what comes back is a plan, and nothing is changed before it is confirmed."""

    kind: str = Field(description="The name of a kind of operation.", examples=["switchover"])
    parameters: dict[str, Any] = Field(
        {}, description="What the kind's JSON schema says.", examples=[{"shard": "shard-1"}]
    )
    reason: str = Field(description="Why, in one sentence; it stands in the change log.", examples=["Kernel update"])
    ticket: str = Field("", description="The change ticket, where the fleet asks for one.", examples=["CHG-1042"])


class ConfirmationIn(Schema):
    """`typed` is what the plan asks to be typed (`plan.confirm`); empty when it asks for nothing."""

    typed: str = Field("", description="The plan's phrase, word for word.", examples=["shard-1 shard-1-b"])


class StepOut(Schema):
    """`done` of `total`, `rate` a second and `seconds_left` where it can be counted."""

    index: int
    key: str
    title: str
    status: str
    attempts: int
    done: int | None = None
    total: int | None = None
    rate: float | None = None
    seconds_left: float | None = None
    note: str = ""
    outcome: str = ""
    error: str = ""


class LineOut(Schema):
    """One line of the operation's log."""

    at: datetime
    step: str
    text: str


class OperationLine(Schema):
    id: int
    kind: str
    title: str
    risk: str
    status: str
    outcome: str
    reason: str
    ticket: str
    requested_by: str
    planned_at: datetime
    ended_at: datetime | None


class OperationOut(OperationLine):
    """One operation. `version` changes with every change of it: send it back as `after` to wait for the next one."""

    version: str
    ended: bool
    confirm: str = Field(description="What a person has to type to confirm it; empty for a plain confirmation.")
    parameters: dict[str, Any]
    confirmed_by: str
    cancelled_by: str
    fingerprint: str
    expires_at: datetime | None
    queued_at: datetime | None
    started_at: datetime | None
    plan: dict[str, Any]
    steps: list[StepOut]
    log: list[LineOut]


class OperationsOut(Schema):
    count: int
    next: str | None
    operations: list[OperationLine]
