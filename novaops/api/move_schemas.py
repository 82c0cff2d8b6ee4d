"""What the API says of moves, and what it is told."""

from datetime import datetime, time
from typing import Any

from ninja import Schema
from pydantic import Field


class MoveOut(Schema):
    """A move is known by the operation that moves the tenant. Bytes and rates are in bytes; what is null is not known
    yet. `waits_for` says what holds it back; `behind_bytes` is WAL that the stream has not applied, `held_bytes` what
    the sending shard keeps for it; `pause_parts` are names with milliseconds, in their order."""

    operation: int
    status: str
    tenant_id: str
    source: str
    target: str
    epoch: int
    phase: str
    sentence: str
    waits_for: str
    limit_mb: float | None
    hours_from: time | None
    hours_until: time | None
    time_zone: str
    rows_total: int | None
    rows_copied: int
    bytes_total: int | None
    bytes_copied: int
    bytes_per_second: float | None
    seconds_left: float | None
    behind_bytes: int | None
    held_bytes: int | None
    touched: int | None
    measured_at: datetime | None
    rows_compared: int | None
    compared_at: datetime | None
    differences: list[Any]
    pause_ms: float | None
    pause_parts: list[tuple[str, float]]
    cutovers: int
    began_at: datetime
    moved_at: datetime | None
    way_back_until: datetime | None
    ended_at: datetime | None


class MovesOut(Schema):
    count: int
    next: str | None
    moves: list[MoveOut]


class PaceIn(Schema):
    """What is not told stays as it is; null takes a limit, or the hours, away."""

    limit_mb: float | None = Field(None, description="MB a second that are copied at most; null: as fast as it goes.")
    hours_from: time | None = Field(None, description="From when in the day it may copy and cut over; null: always.")
    hours_until: time | None = Field(None, description="Until when; the next day if that is earlier.")
    time_zone: str | None = Field(None, description="Whose clock the hours follow.")
