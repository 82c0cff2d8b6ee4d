"""Details of a record, brought to plain JSON that the database gives back unchanged; secrets are refused. Pure."""

import itertools
import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from novaops.audit.canonical import instant

LONGEST_TEXT = 20_000
_SAFE_INTEGER = 2**53 - 1
_SECRET_WORDS = frozenset(
    {"password", "passwd", "passphrase", "secret", "secrets", "token", "tokens", "credential", "credentials"}
    | {"authorization", "cookie", "apikey"}
)
_SECRET_PAIRS = (("api", "key"), ("private", "key"), ("secret", "key"))
_LOGIN_IN_URL = re.compile(r"(://[^:/@\s]*):[^@\s/]+@")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class SecretRefused(ValueError):
    """Somebody tried to write a secret into the change log: a defect of the caller."""


def cleaned(data: Mapping[str, Any]) -> dict[str, Any]:
    """The details as JSON values. Raises SecretRefused for keys such as "password"; logins in addresses are masked."""
    return {_name(key): _value(value) for key, value in data.items()}


def text(value: object) -> str:
    """One line or more that the database can store, without a password of an address in it."""
    masked = _LOGIN_IN_URL.sub(r"\1:***@", str(value))
    return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", masked)[:LONGEST_TEXT]


def _name(key: object) -> str:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", str(key))]
    pairs = list(itertools.pairwise(words))
    if _SECRET_WORDS.intersection(words) or any(pair in pairs for pair in _SECRET_PAIRS):
        raise SecretRefused(f"{key!r} names a secret, and secrets are never written to the change log. Leave it out.")
    return text(key)


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return _value(value.value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Mapping):
        return cleaned(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value.isoformat() if isinstance(value, date) else text(value)


def _number(value: int | float | Decimal) -> int | float | str:
    """Numbers that JSON readers may disagree about are kept as text."""
    exact = not isinstance(value, Decimal) and math.isfinite(value) and abs(value) <= _SAFE_INTEGER
    return value if exact and not isinstance(value, Decimal) else str(value)
