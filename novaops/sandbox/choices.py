"""What a state folder was started with; kept so that `status`, `stop` and the next `up` mean the same fleet."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from novaops.sandbox.layout import CHECKOUT, MAX_SHARDS, PORTS_IN_USE, Layout
from novaops.sandbox.problems import SandboxError


@dataclass(frozen=True)
class Choices:
    """The options of `up` that a state folder remembers."""

    base: int = 17000
    shards: int = 2

    def layout(self, state: Path) -> Layout:
        return Layout(state=state, base=self.base, shard_count=self.shards)


def state_folder(given: str | None) -> Path:
    """--state, else NOVAOPS_STATE, else .novaops in the checkout."""
    return Path(given or os.environ.get("NOVAOPS_STATE") or CHECKOUT / ".novaops").resolve()


def load(state: Path) -> Choices:
    """What the folder remembers; the defaults (and NOVAOPS_PORT_BASE) where it is new."""
    path = Layout(state).choices
    if path.exists():
        return Choices(**json.loads(path.read_text()))
    return Choices(base=_number(os.environ.get("NOVAOPS_PORT_BASE", "17000"), "NOVAOPS_PORT_BASE"))


def decide(state: Path, base: int | None, shards: int | None) -> Choices:
    """The choices for this `up`: what is asked for now, where it agrees with what the folder holds."""
    known = load(state)
    if not Layout(state).choices.exists():
        return _checked(replace(known, base=base or known.base, shards=shards or known.shards))
    if shards and shards < known.shards:
        raise SandboxError(
            f"{state} holds a fleet of {known.shards} shards and cannot shrink to {shards}: "
            "`script/demo reset` empties it."
        )
    if base and base != known.base:
        raise SandboxError(
            f"{state} holds a fleet on ports from {known.base}, its members know each other by them: "
            f"use another state folder for {base}, or `script/demo reset`."
        )
    return _checked(replace(known, shards=shards or known.shards))


def save(layout: Layout, choices: Choices) -> None:
    layout.choices.write_text(json.dumps(asdict(choices)) + "\n")


def _checked(choices: Choices) -> Choices:
    if not 1 <= choices.shards <= MAX_SHARDS:
        raise SandboxError(f"The number of shards must be from 1 to {MAX_SHARDS}, not {choices.shards}.")
    if not 1024 <= choices.base <= 65535 - PORTS_IN_USE:
        raise SandboxError(f"The first port must be from 1024 to {65535 - PORTS_IN_USE}, not {choices.base}.")
    return choices


def _number(text: str, name: str) -> int:
    if not text.isdigit():
        raise SandboxError(f"{name} must be a port number, not {text!r}.")
    return int(text)
