"""What a person says of a move."""

from datetime import time

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from novaops.operations.contract import unit
from novaops.operations.problems import Invalid
from novaops.operations.zones import zone


class MoveParameters(BaseModel):
    """Outside its hours a move copies nothing and does not cut over; what the stream brings is applied all the time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = Field(title="Tenant", min_length=1, max_length=100, description="Its id, such as acme.")
    target: str = Field(title="To the shard", description="Where it lives afterwards.")
    way_back_hours: int = Field(
        default=24,
        title="Way back",
        ge=0,
        le=720,
        description="How long the old shard is kept current, so that the move can be taken back; 0: not at all.",
        json_schema_extra=unit("hours"),
    )
    hours_from: time | None = Field(
        default=None,
        title="From",
        description="Such as 22:00: when in the day it may copy and cut over. Always if empty.",
    )
    hours_until: time | None = Field(default=None, title="Until", description="Such as 05:30; the next day if earlier.")
    time_zone: str = Field(default="UTC", title="Time zone", description="Whose clock these hours follow.")
    pause_limit_ms: int = Field(
        default=1000,
        title="Longest pause",
        ge=50,
        le=5000,
        description="A cutover that takes longer is given up and tried again later; the tenant stays where it is.",
        json_schema_extra=unit("ms"),
    )
    limit_mb: float | None = Field(
        default=None,
        title="At most",
        gt=0,
        description="As fast as it goes if empty.",
        json_schema_extra=unit("MB a second"),
    )

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            return zone(name).key
        except Invalid as problem:
            raise ValueError(str(problem)) from problem

    @model_validator(mode="after")
    def _both_hours(self) -> "MoveParameters":
        if (self.hours_from is None) != (self.hours_until is None):
            raise ValueError("Say both from when and until when, or neither.")
        if self.hours_from is not None and self.hours_from == self.hours_until:
            raise ValueError("These hours begin and end at the same time: leave both empty for always.")
        return self


class OfMove(BaseModel):
    """For what is done with a move afterwards: it is named by the operation that moved the tenant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: int = Field(title="Move", description="The number of the operation that moved the tenant.")
