"""What a state folder remembers, and what it refuses."""

from pathlib import Path

import pytest

from novaops.sandbox import choices
from novaops.sandbox.choices import Asked, Choices
from novaops.sandbox.problems import SandboxError


def remember(state: Path, known: Choices) -> None:
    choices.save(known.layout(state), known)


def test_a_new_folder_takes_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOVAOPS_PORT_BASE", "27000")
    assert choices.decide(tmp_path, Asked(None, None)) == Choices(27000, 2)
    assert choices.decide(tmp_path, Asked(18000, 3)) == Choices(18000, 3)


def test_a_known_folder_keeps_its_ports_and_may_grow(tmp_path: Path) -> None:
    remember(tmp_path, Choices(18000, 2))
    assert choices.decide(tmp_path, Asked(None, None)) == Choices(18000, 2)
    assert choices.decide(tmp_path, Asked(None, 4)) == Choices(18000, 4)


@pytest.mark.parametrize(("base", "shards"), [(19000, None), (None, 1)])
def test_a_known_folder_refuses_other_ports_and_fewer_shards(
    tmp_path: Path, base: int | None, shards: int | None
) -> None:
    remember(tmp_path, Choices(18000, 2))
    with pytest.raises(SandboxError, match="script/demo reset"):
        choices.decide(tmp_path, Asked(base, shards))


@pytest.mark.parametrize(("base", "shards"), [(80, None), (65200, None), (None, 10), (None, -1)])
def test_impossible_numbers_are_refused(tmp_path: Path, base: int | None, shards: int | None) -> None:
    with pytest.raises(SandboxError, match="must be from"):
        choices.decide(tmp_path, Asked(base, shards))


def test_a_cluster_of_etcds_stays_as_it_is(tmp_path: Path) -> None:
    assert choices.decide(tmp_path, Asked(etcd=3)).etcd == 3
    remember(tmp_path, Choices(18000, 2, etcd=3))
    assert choices.decide(tmp_path, Asked()).etcd == 3
    with pytest.raises(SandboxError, match="an etcd cluster of 3, which cannot become one of 1"):
        choices.decide(tmp_path, Asked(etcd=1))
    with pytest.raises(SandboxError, match="must be 1 or 3, not 2"):
        choices.decide(tmp_path / "new", Asked(etcd=2))


def test_versions_of_patroni_are_remembered_by_shard(tmp_path: Path) -> None:
    asked = Asked(patroni=("shard-1=3.3.8", "shard-2=4.1.5"))
    assert choices.decide(tmp_path, asked).patroni == {"shard-1": "3.3.8", "shard-2": "4.1.5"}
    remember(tmp_path, choices.decide(tmp_path, asked))
    later = choices.decide(tmp_path, Asked(patroni=("shard-1=system",)))
    assert later.patroni == {"shard-2": "4.1.5"} == later.layout(tmp_path).patroni


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("shard-3=4.1.5", "must be one of shard-1, shard-2, not 'shard-3'"),
        ("shard-1", "such as 4.1.5, or 'system', not ''"),
        ("shard-1=4.1.5 --pre", "not '4.1.5 --pre'"),
        ("shard-1=2.1.7", "one from 3.0 on"),
    ],
)
def test_a_version_that_cannot_be_is_refused(tmp_path: Path, word: str, why: str) -> None:
    with pytest.raises(SandboxError, match=why):
        choices.decide(tmp_path, Asked(patroni=(word,)))


def test_pools_and_addresses_may_change_from_one_start_to_the_next(tmp_path: Path) -> None:
    asked = choices.decide(tmp_path, Asked(pools=2, addresses=True))
    assert [pool.name for pool in asked.layout(tmp_path).shards[0].pools] == ["shard-1-pool", "shard-1-pool-2"]
    remember(tmp_path, asked)
    assert choices.decide(tmp_path, Asked()) == asked
    later = choices.decide(tmp_path, Asked(pools=0, addresses=False)).layout(tmp_path).shards[0]
    assert (later.pools, later.address) == ((), None)
    with pytest.raises(SandboxError, match="must be from 0 to 3, not 4"):
        choices.decide(tmp_path, Asked(pools=4))
