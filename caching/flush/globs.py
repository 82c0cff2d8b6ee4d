"""Redis' patterns, for keys that Redis does not have: those of Memcached. Pure."""

import re
from functools import lru_cache

_WILD = "*?["


@lru_cache(maxsize=64)
def compiled(pattern: str) -> re.Pattern[str]:
    """`*`, `?`, `[a-c]`, `[^a]` and a backslash before any of them, as Redis reads them."""
    found, rest = "", pattern
    while rest:
        mark, rest = rest[0], rest[1:]
        if mark == "\\" and rest:
            found, rest = found + re.escape(rest[0]), rest[1:]
        elif mark == "[" and "]" in rest:
            inner, _, rest = rest.partition("]")
            found += _one_of(inner)
        else:
            found += {"*": ".*", "?": "."}.get(mark) or re.escape(mark)
    return re.compile(found, re.DOTALL)


def _one_of(inner: str) -> str:
    turned, inner = ("^", inner[1:]) if inner.startswith("^") else ("", inner)
    return f"[{turned}{''.join(mark if mark == '-' else re.escape(mark) for mark in inner)}]" if inner else "(?!)"


def beginning(pattern: str) -> str:
    """What every key of the pattern begins with."""
    found, rest = "", pattern
    while rest and rest[0] not in _WILD:
        escaped = rest[0] == "\\" and len(rest) > 1
        found, rest = found + rest[escaped], rest[1 + escaped :]
    return found


def says_something(pattern: str) -> bool:
    """Whether it has any character that a key must have; `*` and `?*` have none."""
    bare = re.sub(r"\[[^\]]*\]", "", re.sub(r"\\.", "x", pattern))
    return bool(bare.strip("*?"))
