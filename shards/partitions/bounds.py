"""A partition's bound, read from PostgreSQL's own text of it."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"^FOR VALUES FROM \((?P<lower>.+)\) TO \((?P<upper>.+)\)$")
_FIRST = re.compile(r"^(?:'(?P<quoted>(?:[^']|'')*)'|(?P<plain>[^,]+))")
_OPEN = {"MINVALUE", "MAXVALUE"}


@dataclass(frozen=True, slots=True)
class Bound:
    """The first key column's range [lower, upper); an open end is empty. `kind`: range, default, list, hash."""

    kind: str
    lower: str = ""
    upper: str = ""

    @property
    def finite(self) -> bool:
        return bool(self.lower and self.upper)


def parse(expression: str) -> Bound:
    """What pg_get_expr(relpartbound) says: FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')."""
    if expression == "DEFAULT":
        return Bound("default")
    if found := _RANGE.match(expression):
        return Bound("range", _first(found["lower"]), _first(found["upper"]))
    return Bound("list" if expression.startswith("FOR VALUES IN") else "hash")


def _first(values: str) -> str:
    found = _FIRST.match(values)
    if not found or found["plain"] in _OPEN:
        return ""
    return found["plain"] or found["quoted"].replace("''", "'")
