"""The fast way to canonical JSON gives what the plain one gives, byte for byte, or refuses what it refuses."""

import json
from dataclasses import asdict, astuple
from datetime import UTC
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from novaops.audit.canonical import (
    Body,
    canonical_body,
    digest,
    exported_line,
    instant,
    recanonical,
    stored_digest,
)

numbers = st.one_of(
    st.integers(-(2**53) - 2, 2**53 + 2),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1, 1),
    st.integers(-(10**6), 10**6).map(float),
)
# Surrogates cannot be stored; keys on both sides of U+FFFF are where the two orders differ.
letters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(st.text(letters), st.text(st.sampled_from('\x00\x1f\x7f"\\/é\u2028\ufffd🙂𐀀:[,1.5e')))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=5)


def plain(written: str) -> bytes | None:
    try:
        return rfc8785.dumps(json.loads(written))
    except rfc8785.CanonicalizationError:
        return None


def fast(written: str) -> bytes | None:
    try:
        return recanonical(written)
    except ValueError:
        return None


@settings(max_examples=1500, deadline=None)
@given(objects, st.booleans())
@example({"\ufffd": 1, "🙂": 2}, False)
@example({"a": [1e-7, 1e-6, 0.00001, 1e15, 1e16, 1e20, 1e21, -0.0, 5e-324, 123456789012345.6]}, False)
@example({"text": ":1.5,[2e3 1234567890123456"}, True)
def test_both_ways_give_the_same_bytes(value: dict[str, Any], ascii_only: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only)
    assert fast(written) == plain(written)


@settings(max_examples=1500, deadline=None)
@given(numbers)
def test_every_number_has_its_one_form(number: float) -> None:
    written = json.dumps({"number": number, "list": [number, {"deep": number}]})
    assert fast(written) == plain(written)


@pytest.mark.parametrize("written", ['{"a": NaN}', '{"a": 1e999}', '{"a": 9007199254740993}', "{", '{"a": "\\ud800"}'])
def test_what_has_no_canonical_form_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        recanonical(written)


bodies = st.builds(
    Body,
    sequence=st.integers(1, 2**53 - 1),
    at=st.datetimes().map(lambda at: instant(at.replace(tzinfo=UTC))),
    actor_kind=st.sampled_from(["person", "schedule", "automatic"]),
    actor=texts,
    person_id=st.none() | st.integers(0, 2**53 - 1),
    verb=texts,
    subject=texts,
    outcome=texts,
    data=st.dictionaries(texts, texts | st.integers(-9, 9) | st.floats(-9, 9), max_size=3),
    previous_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
)


@settings(max_examples=500, deadline=None)
@given(bodies)
def test_what_is_stored_gives_the_hash_that_was_written(body: Body) -> None:
    assert canonical_body(body) == rfc8785.dumps(asdict(body))
    assert exported_line(body, "f" * 64) == rfc8785.dumps({**asdict(body), "hash": "f" * 64}) + b"\n"
    as_stored = (*astuple(body)[:8], json.dumps(body.data), body.previous_hash)
    assert stored_digest(as_stored) == digest(body) == sha256(rfc8785.dumps(asdict(body))).hexdigest()
