"""What of a record is hashed: SHA-256 over RFC 8785 (canonical JSON), the predecessor's hash included. Pure."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

GENESIS = "0" * 64
"""The predecessor's hash of the first record."""


@dataclass(frozen=True, slots=True)
class Body:
    """Everything of a record but its own hash. An export writes exactly these fields, and `hash`."""

    sequence: int
    at: str
    actor_kind: str
    actor: str
    person_id: int | None
    verb: str
    subject: str
    outcome: str
    data: dict[str, Any]
    previous_hash: str


def instant(at: datetime) -> str:
    """A time in UTC with six decimals, such as 2026-11-23T14:05:09.000120Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: dict[str, Any]) -> bytes:
    """A JSON object in the form of RFC 8785."""
    return rfc8785.dumps(value)


def digest(body: Body) -> str:
    """The record's hash, 64 hex digits."""
    return hashlib.sha256(canonical(asdict(body))).hexdigest()
