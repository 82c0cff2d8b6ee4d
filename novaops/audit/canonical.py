"""What of a record is hashed: SHA-256 over RFC 8785 (canonical JSON), the predecessor's hash included. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import orjson
import rfc8785

GENESIS = "0" * 64
"""The predecessor's hash of the first record."""

_SAFE = 2**53
# A number stands behind a colon, a bracket or a comma. In a text this may match too: that costs time, nothing else.
_UNSURE = re.compile(rb"[:\[,]-?(?:\d+[.eE]|\d{16})")
_ODD = re.compile(rb"[:\[,]-?(?:\d+(?:\.\d+)?[eE]|\d{16}|\d+\.0[,\]}])|[\xf0-\xf4]")


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


StoredBody = tuple[int, str, str, str, int | None, str, str, str, str, str]
"""A body's fields in their order, with `data` as JSON text."""


def instant(at: datetime) -> str:
    """A time in UTC with six decimals, such as 2026-11-23T14:05:09.000120Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Mapping[str, Any]) -> bytes:
    """A JSON object in the form of RFC 8785. CanonicalizationError for what JSON cannot say exactly."""
    return rfc8785.dumps(value)


def recanonical(written: str) -> bytes:
    """The same for a JSON text, many times faster. ValueError when it has no such form.

    orjson writes RFC 8785 but for some numbers, and for the order of keys beyond U+FFFF; where its text might hold
    one of those, the numbers are brought to their form first, and rfc8785 itself has the last word.
    """
    value = orjson.loads(written)
    fast = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    if fast.isascii() and not _UNSURE.search(fast):
        return fast
    fast = orjson.dumps(_whole_numbers(value), option=orjson.OPT_SORT_KEYS)
    return canonical(json.loads(written)) if _ODD.search(fast) else fast


def digest(body: Body) -> str:
    """The record's hash, 64 hex digits."""
    return hashlib.sha256(canonical(asdict(body))).hexdigest()


def canonical_body(body: Body) -> bytes:
    """What is hashed. A record that never was in canonical form comes as it is: whoever verifies it will say so."""
    return orjson.dumps(_plain(body), option=orjson.OPT_SORT_KEYS)


def exported_line(body: Body, stated: str) -> bytes:
    """The same with the hash that the record states, as a line of an export."""
    return orjson.dumps({**_plain(body), "hash": stated}, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def stored_digest(stored: StoredBody) -> str:
    """The same, many times faster, for what the database holds. ValueError when it has no canonical form.

    Texts and whole numbers are alike in orjson and RFC 8785; the keys are written in their order.
    """
    sequence, at, actor_kind, actor, person_id, verb, subject, outcome, data, previous_hash = stored
    if person_id is not None and abs(person_id) >= _SAFE:
        raise ValueError(f"Canonical JSON has no number {person_id}.")
    written = {
        "actor": actor,
        "actor_kind": actor_kind,
        "at": at,
        "data": orjson.Fragment(recanonical(data)),
        "outcome": outcome,
        "person_id": person_id,
        "previous_hash": previous_hash,
        "sequence": sequence,
        "subject": subject,
        "verb": verb,
    }
    return hashlib.sha256(orjson.dumps(written)).hexdigest()


def _plain(body: Body) -> dict[str, Any]:
    written = json.dumps(body.data)
    try:
        data = recanonical(written)
    except ValueError:
        data = written.encode()
    return {field.name: getattr(body, field.name) for field in fields(body)} | {"data": orjson.Fragment(data)}


def _whole_numbers(value: Any) -> Any:
    """RFC 8785 writes 5.0 as 5."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _SAFE else value
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    return [_whole_numbers(item) for item in value] if isinstance(value, list) else value
