"""How NovaOps marks what it makes on a shard: an undo takes back nothing else, and a leftover's origin is known."""

import re
from dataclasses import dataclass

_COMMENT = re.compile(r"NovaOps operation (?P<operation>\d+) of console (?P<console>[0-9a-f]{12})")
# What takes no comment, such as a replication slot, carries the operation in its name.
_NAME = re.compile(r"^novaops_op(?P<operation>\d+)(_(?P<console>[0-9a-f]{12}))?(_|$)")


@dataclass(frozen=True, slots=True)
class Mark:
    """Which operation made it; `console` is empty where a name does not say."""

    operation: int
    console: str = ""

    def __str__(self) -> str:
        return f"NovaOps operation {self.operation} of console {self.console}"


def mark_of(name: str, comment: str = "") -> Mark | None:
    """Read from an object's comment, else from its name; None for what somebody else made."""
    if found := _COMMENT.search(comment):
        return Mark(int(found["operation"]), found["console"])
    if found := _NAME.match(name):
        return Mark(int(found["operation"]), found["console"] or "")
    return None
