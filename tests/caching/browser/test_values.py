"""What is under a key, decoded and masked."""

import json

import msgpack
import pytest

from caching.browser.entry import Entry
from caching.browser.looking import one
from caching.browser.values import MOST_MEMBERS, MOST_SHOWN, Gone, Value, decoded, hidden, value_of, written
from caching.library.envelope import Envelope, Stamp
from caching.masking import MASK
from tests.caching.browser.conftest import Caches
from tests.caching.browser.test_looking import looked, nowhere


def entry(key: str, sort: str = "string") -> Entry:
    return Entry(tier="L1", node="redis-1", key=key, bytes=1, ttl=None, sort=sort)


def test_an_envelope_is_opened_by_its_familys_form() -> None:
    packed = Envelope(Stamp(1, 2, 3), json.dumps({"cpu": 4}).encode(), fresh_until=0.0).pack()
    value, form, notes = decoded(entry("vm:{acme}:a"), packed)
    assert (value, form) == ({"cpu": 4}, "json") and notes[0].startswith("Fresh until 1970")


def test_what_the_loader_did_not_find() -> None:
    packed = Envelope(Stamp(1, 2, 3), b"", fresh_until=0.0, negative=True).pack()
    assert decoded(entry("vm:{acme}:a"), packed)[:2] == (None, "negative")


@pytest.mark.parametrize(
    ("data", "value", "form"),
    [
        (msgpack.packb({"user": "a"}), {"user": "a"}, "msgpack"),
        (b"plain words", "plain words", "text"),
        (b"\xc1\xff", "c1 ff", "bytes"),
    ],
)
def test_whatever_else_lies_there(data: bytes, value: object, form: str) -> None:
    assert decoded(entry("session:{acme}:a"), data)[:2] == (value, form)


def test_sessions_and_what_has_no_family_are_masked_whole() -> None:
    assert hidden(entry("session:{acme}:a"), {"user": "a"}) == MASK
    assert hidden(entry("somebody:elses"), {"user": "a"}) == MASK


def test_fields_that_are_called_like_secrets_are_masked_at_any_depth() -> None:
    value = {"name": "vm", "access": [{"api_key": "x", "host": "h"}], "root_password": "y"}
    shown = {"name": "vm", "access": [{"api_key": MASK, "host": "h"}], "root_password": MASK}
    assert hidden(entry("vm:{acme}:a"), value) == shown


def test_long_values_are_cut_and_say_so() -> None:
    text, notes = written("x" * (MOST_SHOWN + 5))
    assert len(text) == MOST_SHOWN and "20,005" in notes[0]


def shown(caches: Caches, key: str, unmasked: bool = False) -> Value:
    (found,) = looked(caches, key, "L1").entries
    return value_of(caches.places, found, unmasked)


def test_a_session_is_masked_until_it_is_asked_for(caches: Caches) -> None:
    caches.tiers.set("session", caches.tenant, "s1", {"user": "ada"})
    key = caches.key("session", "s1")
    assert shown(caches, key).hides and "ada" not in shown(caches, key).text
    assert "ada" in shown(caches, key, unmasked=True).text


def test_measurements_of_a_sorted_set(caches: Caches) -> None:
    caches.tiers.add_point(caches.tenant, "a", {"cpu": 0.5})
    value = shown(caches, caches.key("metric", "a"))
    assert value.form == "sorted set" and '"cpu": 0.5' in value.text


def test_other_kinds_are_shown_with_their_first_members(caches: Caches) -> None:
    key = caches.key("perm", "many")
    owner = caches.places.primary_of(key)
    assert owner is not None
    owner.node.link.rpush(key, *range(MOST_MEMBERS + 20))
    value = shown(caches, key)
    assert value.form == "list" and value.notes == ("100 of 120 members.",)


def test_a_result_of_l2(caches: Caches) -> None:
    caches.tiers.get_or_compute("agg", caches.tenant, "cost", lambda: {"total": 12})
    (found,) = looked(caches, caches.key("agg", "cost"), "L2").entries
    assert '"total": 12' in value_of(caches.places, found, unmasked=False).text


def test_what_is_gone_meanwhile(caches: Caches) -> None:
    caches.tiers.get_or_compute("agg", caches.tenant, "cost", lambda: 1)
    (found,) = looked(caches, caches.key("agg", "cost"), "L2").entries
    caches.tiers.delete("agg", caches.tenant, "cost")
    with pytest.raises(Gone):
        value_of(caches.places, found, unmasked=False)
    there, cause = one(caches.places, "L2", found.node, found.key, nowhere)
    assert there is None and "no longer" in cause
