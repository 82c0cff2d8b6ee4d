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
    """`parameters` is the JSON schema of what a request says; `choices` what there is to choose from now."""

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


class PreviewIn(Schema):
    """What a request would say; nothing is stored or recorded of it."""

    kind: str = Field(description="The name of a kind of operation.", examples=["switchover"])
    parameters: dict[str, Any] = Field(
        {}, description="What the kind's JSON schema says.", examples=[{"shard": "shard-1"}]
    )


class PreviewOut(Schema):
    """`state` is `ok`, `warning` (read the plan's warnings), `refused`, `done` (there is nothing to do), `unreachable`
    (no plan can be made now) or `errored`. `held_by` are the operations that hold what it needs."""

    state: str
    headline: str
    sentence: str
    plan: dict[str, Any] | None
    held_by: list[int]


class ConfirmationIn(Schema):
    """`typed` is what the plan asks to be typed (`plan.confirm`); empty when it asks for nothing."""

    typed: str = Field("", description="The plan's phrase, word for word.", examples=["shard-1 shard-1-b"])
    due_at: datetime | None = Field(None, description="When it is to start, with its offset; at once without one.")
    time_zone: str = Field("UTC", description="In which people read that time.", examples=["Europe/Berlin"])
    break_glass: bool = Field(
        False,
        description="At once, without approvals and despite freezes; somebody else acknowledges it afterwards.",
    )


class ApprovalIn(Schema):
    comment: str = Field("", description="Stands in the change log.", examples=["Read it; the window is free."])


class RejectionIn(Schema):
    comment: str = Field(description="Why; the requester reads it.", examples=["Not during the sale."])


class AcknowledgementIn(Schema):
    comment: str = Field(description="What somebody else found.", examples=["Looked at the log: all as planned."])


class TakingBackIn(Schema):
    reason: str = Field(description="Why, in one sentence.", examples=["The other member is well again."])


class OperationFilters(Schema):
    status: str = Field("", description="Such as `running`.")
    kind: str = Field("", description="The name of a kind.")
    q: str = Field("", description="Part of a title, a reason, a ticket, an outcome or a name.")


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


class ApprovalOut(Schema):
    """The last word of one person: approved, rejected or withdrawn, for the plan of that fingerprint."""

    person: str
    decision: str
    comment: str
    fingerprint: str
    at: datetime


class ChangedOut(Schema):
    """Of a stale one: a fact, a part of a step, or a check that fails now (`check`), by its path."""

    what: str
    before: str
    now: str
    check: bool


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
    due_at: datetime | None
    ended_at: datetime | None


class OperationOut(OperationLine):
    """One operation. `version` changes with every change of it: send it back as `after` to wait for the next one."""

    version: str
    ended: bool
    state: str = Field(description="The status, or what a running one is about: pausing, cancelling, reverting.")
    confirm: str = Field(description="What a person has to type to confirm it; empty for a plain confirmation.")
    parameters: dict[str, Any]
    confirmed_by: str
    cancelled_by: str
    approvals_needed: int
    approvals: list[ApprovalOut]
    waiting_for: str
    time_zone: str
    break_glass: bool
    acknowledged_by: str
    acknowledgement: str
    takes_back: int | None
    parent: int | None
    children: list[int]
    taken_back_by: list[int]
    fingerprint: str
    expires_at: datetime | None
    confirmed_at: datetime | None
    queued_at: datetime | None
    started_at: datetime | None
    changed: list[ChangedOut] = Field(description="What was another one when a stale one was to begin.")
    plan: dict[str, Any]
    steps: list[StepOut]
    log: list[LineOut]


class OperationsOut(Schema):
    count: int
    next: str | None
    operations: list[OperationLine]
