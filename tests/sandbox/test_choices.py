"""What a state folder remembers, and what it refuses."""

from pathlib import Path

import pytest

from novaops.sandbox import choices
from novaops.sandbox.choices import Choices
from novaops.sandbox.problems import SandboxError


def remember(state: Path, known: Choices) -> None:
    choices.save(known.layout(state), known)


def test_a_new_folder_takes_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOVAOPS_PORT_BASE", "27000")
    assert choices.decide(tmp_path, None, None) == Choices(27000, 2)
    assert choices.decide(tmp_path, 18000, 3) == Choices(18000, 3)


def test_a_known_folder_keeps_its_ports_and_may_grow(tmp_path: Path) -> None:
    remember(tmp_path, Choices(18000, 2))
    assert choices.decide(tmp_path, None, None) == Choices(18000, 2)
    assert choices.decide(tmp_path, None, 4) == Choices(18000, 4)


@pytest.mark.parametrize(("base", "shards"), [(19000, None), (None, 1)])
def test_a_known_folder_refuses_other_ports_and_fewer_shards(
    tmp_path: Path, base: int | None, shards: int | None
) -> None:
    remember(tmp_path, Choices(18000, 2))
    with pytest.raises(SandboxError, match="script/demo reset"):
        choices.decide(tmp_path, base, shards)


@pytest.mark.parametrize(("base", "shards"), [(80, None), (65200, None), (None, 10), (None, -1)])
def test_impossible_numbers_are_refused(tmp_path: Path, base: int | None, shards: int | None) -> None:
    with pytest.raises(SandboxError, match="must be from"):
        choices.decide(tmp_path, base, shards)
