"""What of a cached entry is shown to those who may not see its value. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from caching.library.families import FAMILIES
from caching.library.keys import parse

MASK = "••••"
# Whoever knows a session's key has the session; what has no family may hold anything.
SECRET_FAMILIES = frozenset({"session"})
SECRET_NAMES = re.compile(r"passw|secret|token|api_?key|credential|private|authorization|cookie|csrf|otp|ssn", re.I)
SHOWN_OF_NAME = 4


def secret_name(name: str) -> bool:
    """Whether a field, or a key of no family, is called like a secret."""
    return bool(SECRET_NAMES.search(name))


def secret_key(key: str) -> bool:
    """Whether a key's own name is a secret."""
    family = parse(key).family
    return family in SECRET_FAMILIES or (family not in FAMILIES and ("session" in key.lower() or secret_name(key)))


def shown_key(key: str) -> str:
    """The key as everybody may read it: of a secret one the last part is cut to its beginning."""
    if not secret_key(key):
        return key
    before, mark, last = key.rpartition(":")
    return f"{before}{mark}{last[:SHOWN_OF_NAME]}{MASK}"


def masked(value: Any) -> Any:
    """The value with every field that is called like a secret masked, at any depth."""
    if isinstance(value, Mapping):
        return {name: MASK if secret_name(str(name)) else masked(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value
