"""What a person says of a rebalance, and of emptying and filling a shard."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from novaops.operations.contract import unit
from novaops.operations.problems import Invalid
from novaops.operations.zones import zone
from shards.rebalancing.facts import Mix, Wishes

MOST_MOVES = 200
GB = 1_000_000_000


class Measure(StrEnum):
    BYTES = "bytes"
    VMS = "vms"
    WRITES = "writes"
    MIX = "mix"

    @property
    def label(self) -> str:
        return {"bytes": "Bytes", "vms": "VMs", "writes": "Rows written a second", "mix": "All three alike"}[self.value]

    @property
    def mix(self) -> Mix:
        return _MIXES[self]


_MIXES = {
    Measure.BYTES: Mix(1, 0, 0),
    Measure.VMS: Mix(0, 1, 0),
    Measure.WRITES: Mix(0, 0, 1),
    Measure.MIX: Mix(1, 1, 1),
}


def pins_of(text: str) -> Mapping[str, str]:
    """ "acme=shard-2, blue=shard-1"; ValueError says what cannot be read."""
    pairs = [part.partition("=") for part in re.split(r"[,;\s]+", text.strip()) if part]
    wrong = [tenant for tenant, is_, shard in pairs if not (tenant and is_ and shard)]
    if wrong:
        raise ValueError(f"A pin is written as tenant=shard, such as acme=shard-2; {wrong[0]!r} is none.")
    return {tenant: shard for tenant, _, shard in pairs}


def sets_of(text: str) -> tuple[frozenset[str], ...]:
    """ "acme blue; red green" are two sets. ValueError for one of a single tenant."""
    found = tuple(frozenset(re.split(r"[,\s]+", part.strip())) for part in text.split(";") if part.strip())
    alone = next((group for group in found if len(group) < 2), None)
    if alone:
        raise ValueError(f"A set names at least two tenants, such as “acme blue; red green”; {min(alone)!r} is alone.")
    return found


def _read_by(reader: Callable[[str], object]) -> AfterValidator:
    def check(text: str) -> str:
        reader(text)
        return text

    return AfterValidator(check)


def _a_zone(name: str) -> str:
    try:
        return zone(name).key
    except Invalid as problem:
        raise ValueError(str(problem)) from problem


class Pace(BaseModel):
    """How the moves are made that a plan asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way_back_hours: int = Field(
        default=24,
        title="Ways back",
        ge=0,
        le=720,
        description="0: what has moved is finished at once.",
        json_schema_extra=unit("hours"),
    )
    hours_from: time | None = Field(default=None, title="From", description="When they may copy; always if empty.")
    hours_until: time | None = Field(default=None, title="Until", description="The next day if earlier.")
    time_zone: Annotated[str, AfterValidator(_a_zone)] = Field(default="UTC", title="Time zone")
    at_once: int = Field(default=2, title="Moves at once", ge=1, le=8, description="The others wait for their turn.")
    limit_mb: float | None = Field(
        default=None,
        title="Each at most",
        gt=0,
        description="As fast as it goes if empty.",
        json_schema_extra=unit("MB a second"),
    )

    @model_validator(mode="after")
    def _both_hours(self) -> "Pace":
        if (self.hours_from is None) != (self.hours_until is None):
            raise ValueError("Say both from when and until when, or neither.")
        return self

    @property
    def of_each(self) -> dict[str, object]:
        """The parameters of each move but for its tenant and its target."""
        return self.model_dump(
            mode="json", include={"limit_mb", "hours_from", "hours_until", "time_zone", "way_back_hours"}
        )


class _Goal(BaseModel):
    """What counts, and how far a plan goes."""

    measure: Measure = Field(default=Measure.BYTES, title="What counts")
    skew_percent: float = Field(
        default=10,
        title="Goal",
        ge=0,
        le=500,
        description="By how much a shard may be above its share.",
        json_schema_extra=unit("%"),
    )
    pins: Annotated[str, _read_by(pins_of)] = Field(
        default="", title="Pinned", description="Who has to be where: acme=shard-2, blue=shard-1."
    )
    together: Annotated[str, _read_by(sets_of)] = Field(
        default="", title="Kept together", description="Sets of tenants: acme blue; red green."
    )
    apart: Annotated[str, _read_by(sets_of)] = Field(
        default="", title="Kept apart", description="Sets of tenants, each on a shard of its own."
    )
    most_moves: int = Field(default=20, title="Moves at most", ge=1, le=MOST_MOVES)
    most_gb: float | None = Field(default=None, title="GB at most", gt=0, description="All moves together.")


class Options(Pace, _Goal):
    """A form asks for the fields of the base that is named last first."""

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            mix=self.measure.mix,
            skew=self.skew_percent / 100,
            pins=pins_of(self.pins),
            together=sets_of(self.together),
            apart=sets_of(self.apart),
            most_moves=self.most_moves,
            most_bytes=round(self.most_gb * GB) if self.most_gb else None,
        )


class _Filled(BaseModel):
    shard: str = Field(title="Shard", min_length=1, description="The one that gets its share.")


class _Emptied(BaseModel):
    shard: str = Field(title="Shard", min_length=1, description="The one that is emptied.")
    measure: Measure = Field(default=Measure.BYTES, title="What counts", description="For who goes where.")


class Filling(Options, _Filled):
    """One shard gets its share."""


class Draining(Pace, _Emptied):
    """All tenants leave. Ways back would lead to a shard that is to be switched off."""

    way_back_hours: int = Field(
        default=0,
        title="Ways back",
        ge=0,
        le=720,
        description="It goes offline when the last one has ended.",
        json_schema_extra=unit("hours"),
    )

    @property
    def wishes(self) -> Wishes:
        return Wishes(mix=self.measure.mix)
