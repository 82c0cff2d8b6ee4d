"""The tree over the records' hashes (RFC 9162, 2.1): one root stands for all of them, in their order. Pure.

Record n is leaf n - 1. A span of leaves is kept as the fewest whole subtrees, from left to right: as many hashes as its
length has binary digits, at most twice, whatever it spans."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

LEAF, NODE = b"\x00", b"\x01"
# So many leaves are folded at once; a power of two.
AT_ONCE = 4096


def leaf(record_hash: str) -> bytes:
    return sha256(LEAF + bytes.fromhex(record_hash)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()


class Span:
    """The leaves from `start` up to `end`, the latter not included; it grows to the right."""

    def __init__(self, start: int = 0, end: int | None = None, parts: Iterable[str] = ()) -> None:
        """`parts` are the hashes of the subtrees of a span that was kept."""
        self.start, self.end = start, start
        self._levels: list[int] = []
        self._hashes: list[bytes] = []
        for level, part in zip(levels(start, start if end is None else end), parts, strict=True):
            self.join(level, bytes.fromhex(part))

    @property
    def parts(self) -> list[str]:
        return [part.hex() for part in self._hashes]

    @property
    def root(self) -> str:
        """Of a tree that begins with the first record and holds at least one."""
        found, *rest = reversed(self._hashes)
        for left in rest:
            found = node(left, found)
        return found.hex()

    def add(self, record_hashes: Iterable[str]) -> None:
        """The hashes of the next records."""
        coming = iter(record_hashes)
        while chunk := [leaf(one) for one in islice(coming, AT_ONCE)]:
            while chunk:
                level = next(levels(self.end, self.end + len(chunk)))
                self.join(level, _folded(chunk[: 1 << level]))
                chunk = chunk[1 << level :]

    def join(self, level: int, part: bytes) -> None:
        """A whole subtree of 2^level leaves that stands where the span ends."""
        self.end += 1 << level
        while self._levels and self._levels[-1] == level and (self.end >> level) % 2 == 0:
            part = node(self._hashes.pop(), part)
            level = self._levels.pop() + 1
        self._levels.append(level)
        self._hashes.append(part)

    def extended(self, other: "Span") -> "Span":
        """This one and the span that begins where it ends, in one."""
        found = Span(self.start, self.end, self.parts)
        for level, part in zip(levels(other.start, other.end), other.parts, strict=True):
            found.join(level, bytes.fromhex(part))
        return found


def levels(start: int, end: int) -> Iterator[int]:
    """The heights of the fewest whole subtrees that make up a span, from left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level
        start += 1 << level


def _folded(leaves: Sequence[bytes]) -> bytes:
    """The root of 2^n leaves."""
    while len(leaves) > 1:
        leaves = [sha256(NODE + left + right).digest() for left, right in zip(leaves[::2], leaves[1::2], strict=True)]
    return leaves[0]
