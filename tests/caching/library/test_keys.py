"""Keys are composed and taken apart alike, and one tenant's never look like another's."""

from itertools import pairwise

import pytest
from redis.crc import key_slot

from caching.library import keys
from caching.library.families import FAMILIES
from caching.library.keys import KeyParts

STRANGE = ["acme", "a:b", "", "50%", "a}b{c", "über", "with space", "#x", "7:8", "*?[x]", "x" * 300]


@pytest.mark.parametrize("tenant", [one for one in STRANGE if len(one) < 100])
def test_a_key_says_whose_it_is(tenant: str) -> None:
    vm, total = FAMILIES["vm"], FAMILIES["agg"]
    assert keys.parse(keys.l1_key(vm, tenant, "17:a")) == KeyParts("vm", tenant, "17:a")
    assert keys.parse(keys.l2_key(total, tenant, 17, "cost").encode()) == KeyParts("agg", tenant, "cost", "17")
    assert keys.parse(keys.l2_key(FAMILIES["qr"], tenant, 17, "a", "vm")).rest == "vm:a"


def test_no_two_tenants_share_a_key() -> None:
    assert len({keys.l1_key(FAMILIES["vm"], tenant, "a") for tenant in STRANGE}) == len(STRANGE)


@pytest.mark.parametrize("tenant", STRANGE)
def test_what_a_read_needs_lies_in_one_slot(tenant: str) -> None:
    family = FAMILIES["vm"]
    together = (keys.l1_key(family, tenant, "a}{"), *keys.of_vm(tenant, "a}{"), keys.generation_key(tenant))
    assert all(key_slot(one.encode()) == key_slot(other.encode()) for one, other in pairwise(together))


@pytest.mark.parametrize("key", ["x" * 300, "with space", "line\nbreak", "ü", "#digest"])
def test_what_memcached_refuses_is_hashed_and_still_says_whose_it_is(key: str) -> None:
    full = keys.l2_key(FAMILIES["qr"], "acme", 10**17, key)
    parts = keys.parse(full)
    assert (parts.family, parts.tenant, parts.rest[0], parts.generation) == ("qr", "acme", "#", str(10**17))
    assert len(full) <= 250 and not keys.UNSAFE.search(full)
    assert full != keys.l2_key(FAMILIES["qr"], "acme", 10**17, f"{key}.")


def test_foreign_keys_have_no_tenant() -> None:
    assert keys.parse("vm:17") == KeyParts("vm", "", "17")
    assert keys.parse(b"\xff") == KeyParts("\ufffd", "", "")


def test_patterns() -> None:
    assert keys.pattern("vm") == "vm:*"
    assert keys.pattern("vm", "a[1]*") == r"vm:{a%5B1%5D\*}:*"
    assert keys.pattern("vm", rest="7*") == "vm:{*}:7*"
