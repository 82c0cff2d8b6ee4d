"""A statement for the record: what it does, and none of the values in it. Pure."""

import re

LONGEST = 400
MASK = "?"
# One look from left to right, so that a quote in a comment opens nothing. What was cut off ends with the text.
_PARTS = re.compile(
    r"""
    (?P<comment>/\*.*?(?:\*/|\Z)|--[^\n]*)
    |(?P<name>"(?:[^"]|"")*(?:"|\Z))
    |(?P<text>(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=tag)|\Z)
        |\b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
        |'(?:[^']|'')*(?:'|\Z)
        |(?<![\w$.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w))
    """,
    re.DOTALL | re.VERBOSE,
)


def masked(statement: str) -> str:
    """Literals are question marks and comments are gone; on one line, and short."""
    return " ".join(_PARTS.sub(_shown, statement).split())[:LONGEST]


def _shown(part: re.Match[str]) -> str:
    if part["name"] is not None:
        return part[0]
    return " " if part["comment"] is not None else MASK
