"""The base of typed replies."""

from pydantic import BaseModel, ConfigDict


class Reply(BaseModel):
    """What a system answered: frozen, JSON-able, tolerant of fields that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")
