"""Names and patterns in the real tiers: what is found, and whether readers would see it."""

from collections.abc import Collection, Mapping

from caching.browser.entry import Entry, Visible
from caching.browser.looking import Found, look
from caching.library.keys import pattern
from tests.caching.browser.conftest import Caches


def nowhere(tenants: Collection[str]) -> Mapping[str, str]:
    return {}


def looked(caches: Caches, text: str, tier: str = "") -> Found:
    found = look(caches.places, text, tier, "", nowhere)
    assert not found.sick
    return found


def only(found: Found) -> Entry:
    (entry,) = found.entries
    return entry


def test_a_name_in_l1(caches: Caches) -> None:
    caches.tiers.set("vm", caches.tenant, "a", {"cpu": 4})
    entry = only(looked(caches, caches.key("vm", "a"), "L1"))
    assert (entry.tier, entry.sort, entry.visible) == ("L1", "string", Visible.YES)
    assert 0 < (entry.ttl or 0) <= 600 and entry.bytes > 40 and 0 <= (entry.slot or -1) < 16_384
    assert entry.family is not None and entry.parts.tenant == caches.tenant


def test_a_newer_generation_hides_it(caches: Caches) -> None:
    caches.tiers.set("vm", caches.tenant, "a", {"cpu": 4})
    caches.tiers.set("vm", caches.tenant, "b", {"cpu": 4})
    caches.tiers.invalidate_vm(caches.tenant, "a")
    assert only(looked(caches, caches.key("vm", "a"), "L1")).visible is Visible.HIDDEN
    assert only(looked(caches, caches.key("vm", "b"), "L1")).visible is Visible.YES
    caches.tiers.invalidate_tenant(caches.tenant)
    assert only(looked(caches, caches.key("vm", "b"), "L1")).visible is Visible.HIDDEN


def test_a_session_follows_no_generation_but_its_familys(caches: Caches) -> None:
    caches.tiers.set("session", caches.tenant, "s1", {"user": "a"})
    caches.tiers.invalidate_tenant(caches.tenant)
    assert only(looked(caches, caches.key("session", "s1"), "L1")).visible is Visible.YES


def test_results_in_l2_without_naming_their_generation(caches: Caches) -> None:
    for total in (1, 2):
        caches.tiers.get_or_compute("agg", caches.tenant, "cost", lambda total=total: total)  # type: ignore[misc]
        caches.tiers.invalidate_tenant(caches.tenant)
    caches.tiers.get_or_compute("agg", caches.tenant, "cost", lambda: 3)
    found = looked(caches, caches.key("agg", "cost"), "L2")
    assert sorted(entry.visible for entry in found.entries) == [Visible.HIDDEN, Visible.HIDDEN, Visible.YES]
    newest = next(entry for entry in found.entries if entry.visible is Visible.YES)
    assert only(looked(caches, newest.key)).key == newest.key


def test_the_copy_in_l2_is_hidden_with_its_entry(caches: Caches) -> None:
    caches.tiers.get_or_compute("vm", caches.tenant, "a", lambda: {"cpu": 4})
    both = looked(caches, f"*{pattern('', caches.tenant)}")
    entries = {entry.parts.family: entry.visible for entry in both.entries if entry.family}
    assert entries == {"vm": Visible.YES, "qr": Visible.YES}
    caches.tiers.invalidate_vm(caches.tenant, "a")
    after = looked(caches, f"*{pattern('', caches.tenant)}")
    assert {entry.visible for entry in after.entries if entry.family} == {Visible.HIDDEN}


def test_a_search_goes_on_where_it_stopped(caches: Caches) -> None:
    for number in range(150):
        caches.put(caches.key("vm", f"n{number}"), "x")
    wanted, seen, after = caches.key("vm", "*"), set[str](), ""
    while True:
        found = look(caches.places, wanted, "L1", after, nowhere)
        seen |= {entry.key for entry in found.entries}
        after = found.after
        if not after:
            break
    assert len(seen) == 150


def test_what_is_not_there(caches: Caches) -> None:
    assert not looked(caches, caches.key("vm", "nothing")).entries
    assert not looked(caches, "a name with spaces").entries
