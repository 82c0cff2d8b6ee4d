"""Statements for eyes: what a person or a customer typed is left out, so that it is neither stored nor shown."""

import re

LONGEST = 200
GAP = "…"
# A literal that was cut off in the middle is left out to the end.
_LITERALS = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<dollar>\$(?P<tag>[A-Za-z_]\w*)?\$.*?(?:\$(?(tag)(?P=tag))\$|\Z))
    | (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))
    | (?P<text>(?:\b[bBxXnN])?'(?:[^']|'')*(?:'|\Z))
    | (?P<name>"(?:[^"]|"")*(?:"|\Z))
    | (?P<parameter>\$\d+)
    | (?P<number>(?<![\w.])(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)(?![\w]))
    """,
    re.VERBOSE | re.DOTALL,
)


def masked(query: str, longest: int = LONGEST) -> str:
    """One line of at most `longest` characters: texts become '…', numbers ?, comments go; names and parameters stay."""
    bare = " ".join(_LITERALS.sub(_without, query).split())
    return bare if len(bare) <= longest else bare[: longest - 1] + GAP


def _without(found: re.Match[str]) -> str:
    kind = found.lastgroup if found.lastgroup != "tag" else "dollar"
    if kind in {"name", "parameter"}:
        return found[0]
    return {"comment": " ", "number": "?"}.get(kind or "", f"'{GAP}'")
