"""What the API answers about the change log and the caller."""

from datetime import datetime
from typing import Any

from ninja import Schema


class ChangeOut(Schema):
    """One record. Its hash is SHA-256 over the RFC 8785 form of everything else."""

    sequence: int
    at: datetime
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
    """`whole`, or the first bad record and what is wrong with it. `records` before it are good."""

    whole: bool
    records: int
    head: str
    first_bad_record: int | None
    problem: str


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
