"""What the API answers about the change log and the caller."""

from datetime import UTC, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from novaops.audit.filters import ENDINGS, Filters


class ChangeFilters(Schema):
    actor: str = Field("", description="The name of who did it.")
    verb: str = Field("", description="Such as `operation requested`.")
    subject: str = Field("", description="Such as `operation:7`, which finds its steps too.")
    since: datetime | None = Field(None, description="Not before this time; UTC without an offset.")
    until: datetime | None = Field(None, description="Before this time.")
    kind: str = Field("", description="The kind of an operation, such as `switchover`.")
    target: str = Field("", description="What it touched, such as `shard:shard-1`.")
    outcome: str = Field("", description=f"How an operation ended: {', '.join(ENDINGS)}.")
    ticket: str = Field("", description="The change ticket.")
    q: str = Field("", description="In any word of a record.")

    def as_filters(self) -> Filters:
        words = self.model_dump(exclude={"since", "until", "q"})
        return Filters(**words, since=_aware(self.since), until=_aware(self.until), text=self.q)


def _aware(moment: datetime | None) -> datetime | None:
    """A time that does not say its offset is UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


class ChangeOut(Schema):
    """One record. Its hash is SHA-256 over the RFC 8785 form of everything else."""

    sequence: int
    at: str = Field(description="In UTC with six decimals, as it was hashed.")
    actor_kind: str
    actor: str
    person_id: int | None
    verb: str
    subject: str
    outcome: str
    data: dict[str, Any]
    previous_hash: str
    hash: str


class ChangesOut(Schema):
    """Newest first; `next` goes on with older ones."""

    next: str | None
    changes: list[ChangeOut]


class VerdictOut(Schema):
    """`whole`, or the first bad record and what is wrong with it; `records` before it are good. `covered` is the last
    record under a signed checkpoint, `proven` the last one under a copy that lies outside the database; `pruned` is the
    last one that was taken away from the beginning, with leave."""

    whole: bool
    records: int
    head: str
    first_bad_record: int | None
    problem: str
    sentence: str
    checkpoints: int
    covered: int
    copies: int
    proven: int
    pruned: int


class TokenOut(Schema):
    name: str
    begins_with: str
    scopes: list[str]
    expires_at: datetime


class MeOut(Schema):
    """The caller, and what they may do here: the rights of their roles, cut down to the scopes of the token."""

    person: str
    is_machine: bool
    fleet: str
    fleet_name: str
    roles: list[str]
    rights: list[str]
    token: TokenOut | None
