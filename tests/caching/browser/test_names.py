"""Names of keys: patterns, links, what of them is secret. No server is asked."""

import pytest

from caching.browser.entry import Entry
from caching.browser.handles import handle, key_in
from caching.browser.memcached_entries import askable, matches
from caching.browser.scan import cursors
from caching.clients.memcached import parse_item
from caching.masking import MASK, shown_key


def test_the_name_of_a_session_is_a_secret_itself() -> None:
    assert shown_key("session:{acme}:0123456789") == f"session:{{acme}}:0123{MASK}"
    assert shown_key("django.contrib.sessions.cache:abcdef") == f"django.contrib.sessions.cache:abcd{MASK}"
    assert shown_key("vm:{session-lab}:a") == "vm:{session-lab}:a"


def test_a_secret_key_never_stands_in_a_link() -> None:
    entry = Entry("L1", "redis-1", "session:{acme}:0123456789", 1, None, "string")
    given = handle(entry)
    assert "0123456789" not in str(given) and key_in(given) == entry.key
    assert key_in({"sealed": "nonsense"}) == "" and key_in({}) == ""


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("agg:{acme}:123:cost", True),
        ("agg:{acme}:cost", True),
        ("agg:{acme}:c*", True),
        ("agg:{*}:cos[st]", True),
        ("agg:{acme}:[^1c]*", False),
        ("agg:\\*", False),
        ("vm:*", False),
    ],
)
def test_patterns_match_with_and_without_the_generation(pattern: str, found: bool) -> None:
    assert matches("agg:{acme}:123:cost", pattern) is found


def test_cursors_of_another_form_are_left_out() -> None:
    assert cursors("redis-1:42,redis-2:x,:7,redis-3") == {"redis-1": 42}


def test_what_memcached_would_refuse_is_not_asked() -> None:
    assert askable("qr:1") and not any(askable(name) for name in ("", "a b", "ü", "x" * 251, "a\r\nflush_all"))


def test_an_item_as_memcached_1_6_18_describes_it() -> None:
    item = parse_item(b"ME qr:1 exp=-99 la=1 cas=1 fetch=no cls=1 size=65\r\nMN\r\n", b"qr:1", 1000.0)
    assert item is not None and (item.bytes, item.expires, item.slab) == (65, 1099, 1)
    for_ever = parse_item(b"ME qr:1 exp=-1 la=1 cas=1 fetch=no cls=1 size=65\r\nMN\r\n", b"qr:1", 1000.0)
    assert for_ever is not None and for_ever.expires is None
    assert parse_item(b"EN\r\nMN\r\n", b"qr:1", 1000.0) is None
