"""The most used keys of a real Redis whose policy is LFU."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caching import key_probes
from caching.facts import FamilyKeysFacts
from novaops.inventory.targets import Login, Target
from tests.ports import HOST, free_ports
from tests.redis_servers import PASSWORD, Node, form

HOT = "vm:{acme}:hot"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Node]:
    port, bus = free_ports(2)
    node = Node("own-lfu", port, bus, tmp_path / "own-lfu")
    try:
        node.start()
        form([node])
        yield node
    finally:
        node.kill()


def asked(node: Node) -> FamilyKeysFacts:
    target = Target(0, "redis", node.name, HOST, node.port, login=Login("", PASSWORD))
    facts = key_probes.ask_redis_keys(target).facts
    assert isinstance(facts, FamilyKeysFacts)
    return facts


def filled(node: Node, count: int) -> None:
    node.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    pipe = node.link.pipeline(transaction=False)
    for number in range(count):
        pipe.set(f"vm:{{acme}}:{number}", "x")
    pipe.set(HOT, "x" * 300)
    pipe.set("session:{acme}:abcdefgh", "x")
    for _ in range(300):
        pipe.get(HOT)
    pipe.execute()


def test_all_keys_are_compared_where_they_are_few(own: Node) -> None:
    assert (asked(own).hot, asked(own).uses_looked) == ((), 0)  # the policy is another one, which counts no use
    filled(own, 700)  # more than are measured
    facts = asked(own)
    assert (facts.total, facts.uses_looked, facts.exact) == (702, 702, True)
    first = facts.hot[0]
    assert (first.key, first.bytes > 300) == (HOT, True) and (first.uses or 0) > (facts.hot[1].uses or 0)
    assert "session:{acme}:abcdefgh" not in [one.key for one in facts.hot]


def test_a_walk_over_many_keys_finds_it_and_keeps_it(own: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_probes, "KEYS_SAMPLED", 2000)
    filled(own, 6000)
    looked = [asked(own) for _ in range(5)]  # each SCAN gives about a thousand
    assert [facts.uses_looked for facts in looked] == sorted(facts.uses_looked for facts in looked)
    assert looked[0].uses_looked < looked[-1].uses_looked == looked[-1].total == 6002
    assert looked[-1].hot[0].key == HOT
