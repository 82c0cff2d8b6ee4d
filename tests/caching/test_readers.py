"""Who reads what: counted in each process, sent to L1, asked by the probe."""

from collections import Counter
from collections.abc import Mapping

import pytest
from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from caching.facts import ReadersFacts
from caching.library.counters import Counters
from caching.library.exceptions import Unavailable
from caching.library.readers import EVERY_NTH, MOST_KEYS, MOST_TENANTS, OTHERS, SENT_TENANTS, Readers
from caching.readers_probe import ask_readers, parse, values
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets
from tests.caching.browser.conftest import Caches, caches  # noqa: F401 (a fixture)


class Sent:
    """What a process would have sent to L1."""

    def __init__(self) -> None:
        self.tenants: Mapping[str, int] = {}
        self.keys: Mapping[str, int] = {}
        self.families: dict[str, int] = {}

    def note(self, window: int, tenants: Mapping[str, int], keys: Mapping[str, int]) -> None:
        self.tenants, self.keys = tenants, keys

    def count(self, increments: Mapping[str, int]) -> bool:
        self.families.update(increments)
        return True


@pytest.fixture
def sent() -> Sent:
    return Sent()


def readers_of(sent: Sent) -> Readers:
    return Readers(sent.note, Counters(sent.count), every=3600)


def test_reads_and_loads_per_tenant_and_family(sent: Sent) -> None:
    readers = readers_of(sent)
    readers.read("vm", "acme", "a", "b", "c")
    readers.read("qr", "acme", "list")
    readers.loaded("vm", "acme")
    readers.flush()
    assert sent.tenants == {"vm:reads:acme": 3, "qr:reads:acme": 1, "vm:loads:acme": 1}


def test_many_tenants_are_a_few_and_all_others(sent: Sent) -> None:
    readers = readers_of(sent)
    for number in range(MOST_TENANTS * 2):
        readers.read("vm", f"t{number}", "a")
    for _ in range(9):
        readers.read("vm", "large", "a")
    readers.flush()
    assert len(sent.tenants) == SENT_TENANTS + 1 and sent.tenants["vm:reads:large"] == 9
    assert sum(sent.tenants.values()) == MOST_TENANTS * 2 + 9
    assert sent.tenants[f"vm:reads:{OTHERS}"] > MOST_TENANTS


def test_the_keys_that_are_read_most_among_very_many(sent: Sent) -> None:
    readers = readers_of(sent)
    for number in range(MOST_KEYS * 10):
        readers.read("vm", "acme", f"k{number}", *["hot"] * 4)
    readers.flush()
    name, count = next(iter(sent.keys.items()))
    assert name == "vm:{acme}:hot" and 0.8 * 40_000 < count < 1.2 * 40_000


def test_sessions_are_not_noted_by_name(sent: Sent) -> None:
    readers = readers_of(sent)
    readers.read("session", "acme", *["secret"] * EVERY_NTH * 3)
    readers.flush()
    assert not sent.keys and sent.tenants == {"session:reads:acme": EVERY_NTH * 3}


def test_what_cannot_be_sent_is_forgotten(sent: Sent) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("away")

    readers = Readers(refuse, Counters(sent.count), every=0)
    readers.read("vm", "acme", "a")
    readers.flush()


def test_fields_of_another_form_are_left_out() -> None:
    (row,) = parse(
        {"vm:reads:a:b": 3, "vm:loads:a:b": 1, "vm:reads:": 1, "vm:writes:x": 1, "nothing:reads:x": 1, "x": 1}
    )
    assert (row.tenant, row.reads, row.loads) == ("a:b", 3, 1)
    assert values(ReadersFacts(), 7) == {}


def test_from_the_library_to_the_probe(caches: Caches, live_fleet: Fleet) -> None:  # noqa: F811
    """One key is read so often that it stands among those of all tests before."""
    often = 4_000
    for number in range(EVERY_NTH):
        caches.tiers.get_many("perm", caches.tenant, [f"p{number}"])
    for _ in range(often):
        caches.tiers.get_or_compute("vm", caches.tenant, "a", lambda: 1)
    caches.tiers.readers.flush()
    with tenant_context(live_fleet):
        asked = [ask_readers(target).facts for target in targets("redis")]
    found = [window for facts in asked if isinstance(facts, ReadersFacts) for window in facts.windows]
    # A window may have ended in between.
    reads, loads = Counter[str](), Counter[str]()
    for row in (row for window in found for row in window.tenants if row.tenant == caches.tenant):
        reads[row.family] += row.reads
        loads[row.family] += row.loads
    assert (reads["vm"], loads["vm"], reads["perm"]) == (often, 1, EVERY_NTH)
    assert any(caches.tenant in key.key for window in found for key in window.keys)


def test_invalidations_and_loads_are_counted_per_family(caches: Caches, live_fleet: Fleet) -> None:  # noqa: F811
    own = tiers_of(live_fleet)
    own.counters._send = (sent := Sent()).count
    own.get_or_compute("agg", caches.tenant, "cost", lambda: 1)
    own.invalidate_vm(caches.tenant, "a")
    own.invalidate_tenant(caches.tenant)
    own.counters.flush()
    own.close()
    assert sent.families["agg:loads"] == sent.families["vm:invalidations"] == sent.families["tenant:invalidations"] == 1
