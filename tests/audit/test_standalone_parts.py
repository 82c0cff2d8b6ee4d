"""The standalone verifier's own canonical form and tree, beside other people's."""

import json
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from novaops.audit.merkle import Span
from novaops.audit.standalone import verify_changelog as verifier
from tests.audit.test_canonical import numbers, objects
from tests.audit.test_merkle import HASHES, naive, span


def expected(written: str) -> bytes | None:
    try:
        return rfc8785.dumps(json.loads(written))
    except rfc8785.CanonicalizationError:
        return None


def found(written: str) -> bytes | None:
    try:
        return verifier.canonical(verifier.parse(written), written)
    except ValueError:
        return None


@settings(max_examples=300, deadline=None)
@given(objects, st.booleans(), st.booleans())
@example({"\ufffd": 1, "🙂": 2}, False, False)
@example({"a": [1e-7, 1e-6, 0.00001, 1e15, 1e16, 1e20, 1e21, 123456789012345.6, -0.0, 5e-324, 1.5e300]}, True, False)
def test_its_canonical_form_is_that_of_rfc_8785(value: dict[str, Any], ascii_only: bool, spaced: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only, indent=1 if spaced else None)
    assert found(written) == expected(written)


@settings(max_examples=500, deadline=None)
@given(numbers)
def test_every_number_has_its_one_form(number: float) -> None:
    written = json.dumps([number, {"deep": number}])
    assert found(written) == expected(written)
    assert isinstance(number, int) or verifier._number(number) == rfc8785.dumps(number).decode()


@pytest.mark.parametrize(
    "written",
    ['{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}', '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "{", ""],
)
def test_what_can_be_understood_differently_is_refused(written: str) -> None:
    assert found(written) is None


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 400), st.sets(st.integers(0, 399)))
def test_some_leaves_and_the_subtrees_between_them_give_the_root(size: int, chosen: set[int]) -> None:
    """What an export's proof is: for any choice of records, against the naive tree."""
    tree, hashes = verifier.Tree(), []
    for at in [*sorted(one for one in chosen if one < size), size]:
        hashes += span(tree.size, at).parts if tree.size < at else []
        gap = iter(span(tree.size, at).parts)
        for level in list(verifier.levels(tree.size, at)):
            tree.add(level, bytes.fromhex(next(gap)))
        if at < size:
            tree.add(0, verifier.leaf(HASHES[at]))
    assert tree.root == naive(HASHES[:size]).hex()
    assert len(hashes) <= 2 * (len(chosen) + 1) * size.bit_length()


def test_both_trees_are_one() -> None:
    tree, other = verifier.Tree(), Span()
    for number in range(300):
        digest = sha256(bytes([number % 256])).hexdigest()
        tree.add(0, verifier.leaf(digest))
        other.add([digest])
        assert tree.root == other.root
