"""Which pool, which of its databases, and what of it."""

from pydantic import BaseModel, ConfigDict, Field

LARGEST, LONGEST_PAUSE = 10_000, 300


class OfPool(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    pool: str = Field(title="Pool", min_length=1, description="The PgBouncer, as the fleet file names it.")


class OfDatabase(OfPool):
    database: str = Field(title="Database", min_length=1, description="As PgBouncer names it, such as primary.")


class Resize(OfDatabase):
    size: int = Field(
        title="Connections", ge=1, le=LARGEST, description="To PostgreSQL, for each user of the database, at most."
    )


class Pause(OfDatabase):
    seconds: int = Field(
        title="Seconds", ge=1, le=LONGEST_PAUSE, description="At the latest then it goes on, whatever happens."
    )
