"""What is asked for with each change of the Redis Cluster."""

from pydantic import BaseModel, ConfigDict, Field


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FailoverParameters(_Parameters):
    replica: str = Field(title="Replica", description="It takes its primary's slots over; the primary follows it then.")


class MoveParameters(_Parameters):
    source: str = Field(title="From", description="The primary that gives slots up.")
    target: str = Field(title="To", description="The primary that takes them.")
    slots: int = Field(ge=1, le=16_384, title="Slots", description="How many hash slots move, with their keys.")


class AddParameters(_Parameters):
    node: str = Field(title="Node", description="A registered Redis server that runs, is empty and in no cluster.")
    follow: str | None = Field(
        default=None,
        title="As replica of",
        description="A primary; without one, the node leads slots.",
    )
    slots: int | None = Field(
        default=None, ge=1, le=8_192, title="Slots", description="As a primary: its share of them unless told."
    )


class RemoveParameters(_Parameters):
    node: str = Field(title="Node", description="A primary's slots go to the others first.")
    last_replica: bool = Field(
        default=False, title="Even the last replica", description="Its primary is then left without any copy."
    )
