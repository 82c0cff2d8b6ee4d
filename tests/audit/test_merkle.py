"""The tree over the records, beside the naive one of RFC 9162."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from novaops.audit.merkle import Span, leaf, levels

HASHES = [sha256(str(number).encode()).hexdigest() for number in range(9000)]


def naive(hashes: list[str]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if len(hashes) == 1:
        return sha256(b"\x00" + bytes.fromhex(hashes[0])).digest()
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return sha256(b"\x01" + naive(hashes[:middle]) + naive(hashes[middle:])).digest()


def span(start: int, end: int) -> Span:
    found = Span(start)
    found.add(HASHES[start:end])
    return found


@pytest.mark.parametrize("size", [*range(1, 34), 4095, 4096, 4097, 8999])
def test_the_root_is_that_of_the_naive_tree(size: int) -> None:
    assert span(0, size).root == naive(HASHES[:size]).hex()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 600), min_size=2, max_size=6))
def test_spans_that_follow_each_other_are_one(cuts: list[int]) -> None:
    whole = Span()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 601], strict=True):
        piece = span(start, end)
        assert len(piece.parts) == len(list(levels(start, end))) <= 2 * (end - start).bit_length()
        assert Span(start, end, piece.parts).parts == piece.parts
        whole = whole.extended(piece)
    assert whole.root == naive(HASHES[:601]).hex()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 300), st.integers(0, 299))
def test_another_leaf_is_another_root(size: int, changed: int) -> None:
    changed %= size
    other = HASHES[:size]
    other[changed] = HASHES[-1]
    found = Span()
    found.add(other)
    assert found.root != span(0, size).root and leaf(HASHES[-1]) != leaf(HASHES[changed])
