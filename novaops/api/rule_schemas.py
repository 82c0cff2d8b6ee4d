"""What the API takes and answers about the fleet's rules: its policy, its freezes and its schedules."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from novaops.operations.contract import Risk


class RuleOut(Schema):
    """What one risk needs before it runs; `own` when this fleet differs from NovaOps' defaults."""

    risk: str
    approvals: int = Field(description="How many other people have to approve.")
    ticket_required: bool
    own: bool
    sentence: str


class PolicyOut(Schema):
    rules: list[RuleOut]


class RuleIn(Schema):
    """What is left out stays as it is."""

    approvals: int | None = Field(None, description="How many other people have to approve: 0, 1 or 2.", examples=[1])
    ticket_required: bool | None = Field(None, description="Whether a request has to name a change ticket.")


class FreezeIn(Schema):
    """A time in which operations of some risks are refused."""

    name: str = Field(max_length=100, description="Refusals say it.", examples=["Sale"])
    reason: str = Field(max_length=2000, description="Why; refusals say it too.", examples=["Peak week."])
    risks: list[Risk] = Field(description="The risks that it refuses.", examples=[["medium", "high"]])
    starts_at: AwareDatetime = Field(description="With its offset.", examples=["2026-11-27T00:00:00+01:00"])
    ends_at: AwareDatetime = Field(description="With its offset.", examples=["2026-12-01T00:00:00+01:00"])
    time_zone: str = Field("UTC", description="Whose clock a weekly one follows.", examples=["Europe/Berlin"])
    weekly: bool = Field(False, description="Every seven days, at the same time of that clock.")


class FreezeOut(Schema):
    """`state` is `on`, `to come`, `over` or `lifted`; `next_starts_at` and `next_ends_at` are the span that is on or
    comes next."""

    id: int
    name: str
    reason: str
    risks: list[str]
    state: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    weekly: bool
    next_starts_at: datetime | None
    next_ends_at: datetime | None
    made_at: datetime
    made_by: str
    lifted_at: datetime | None
    lifted_by: str


class FreezesOut(Schema):
    count: int
    next: str | None
    freezes: list[FreezeOut]


class ScheduleIn(Schema):
    """The same request again and again, for you, at the times of a crontab."""

    operation: int = Field(description="One that is planned or done, and is to be repeated.", examples=[7])
    crontab: str = Field(
        description="Minute, hour, day of the month, month, day of the week (0 is Sunday).", examples=["0 3 * * 1"]
    )
    time_zone: str = Field("UTC", description="On whose clock.", examples=["Europe/Berlin"])
    typed: str = Field("", description="What its plan asks to be typed: it confirms every plan that asks the same.")


class ScheduleOut(Schema):
    """`enabled` until it is ended; `paused_at` while it is paused, and then there is no `next_at`."""

    id: int
    title: str
    kind: str
    parameters: dict[str, Any]
    reason: str
    ticket: str
    crontab: str
    time_zone: str
    enabled: bool
    next_at: datetime | None
    requested_by: str
    made_at: datetime
    paused_at: datetime | None
    paused_by: str
    last_at: datetime | None
    last_outcome: str
    ended_at: datetime | None
    ended_by: str


class SchedulesOut(Schema):
    count: int
    next: str | None
    schedules: list[ScheduleOut]
