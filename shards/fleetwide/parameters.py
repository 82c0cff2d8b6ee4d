"""Which shards or servers, and how many at once."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from novaops.operations.contract import Missing
from shards.names import names_of
from shards.replication.switchover.leaving_out import LeaveOut

MOST_AT_ONCE = 16


def version_of(text: str) -> int:
    """15.18 as PostgreSQL's own number, 150018; ValueError for what is no version."""
    found = re.fullmatch(r"\s*(\d{2})(?:\.(\d{1,3}))?\s*", text)
    if found is None:
        raise ValueError(f"A version is written as 15.18 or 16; {text.strip()!r} is none.")
    return int(found[1]) * 10_000 + int(found[2] or 0)


def version_word(number: int | None) -> str:
    """150018 as people write it."""
    return f"{number // 10_000}.{number % 10_000}" if number else "unknown"


def _a_version(text: str) -> str:
    if text.strip():
        version_of(text)
    return text.strip()


class Waves(BaseModel):
    """How it is done to many shards. A form asks for the fields of the base that is named last first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leave_out: LeaveOut = ""
    parallel: int = Field(
        default=1, title="Shards at once", ge=1, le=MOST_AT_ONCE, description="The next wave begins when all are well."
    )


class _WhichShards(BaseModel):
    shards: str = Field(default="", title="Shards", description="Their names, with commas; all that need it if empty.")
    only_pending: bool = Field(
        default=True,
        title="Only pending restarts",
        description="Members that do not wait for a restart are left alone.",
    )


class _WhichServers(BaseModel):
    """By their names or by their version."""

    servers: str = Field(default="", title="Servers", description="Members, with commas: none of them is to lead.")
    version_below: Annotated[str, AfterValidator(_a_version)] = Field(
        default="",
        title="Or PostgreSQL older than",
        description="Such as 15.18: leaders that run an older one hand over.",
    )


class RestartParameters(Waves, _WhichShards):
    """Of all shards unless some are named."""


class DrainParameters(Waves, _WhichServers):
    @model_validator(mode="after")
    def _one_of_both(self) -> "DrainParameters":
        version, servers = bool(self.version_below), bool(names_of(self.servers))
        if not version and not servers:
            raise Missing(servers="Say servers, or a version.")
        if version and servers:
            raise ValueError("Say either servers or a version, not both.")
        return self
