"""What a state folder was started with; kept so that `status`, `stop` and the next `up` mean the same fleet."""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from novaops.sandbox.layout import CHECKOUT, ETCD_PORTS, MAX_POOLS, MAX_SHARDS, PORTS_IN_USE, Layout
from novaops.sandbox.problems import SandboxError

# One, or as many as have ports.
ETCD_COUNTS = (1, len(ETCD_PORTS))
# The word for the Patroni that is packaged for this system.
SYSTEM = "system"


@dataclass(frozen=True)
class Choices:
    """The options of `up` that a state folder remembers."""

    base: int = 17000
    shards: int = 2
    etcd: int = 1
    patroni: dict[str, str] = field(default_factory=dict)
    pools: int = 1
    addresses: bool = False

    def layout(self, state: Path) -> Layout:
        return Layout(state, self.base, self.shards, self.etcd, self.patroni, self.pools, self.addresses)


def state_folder(given: str | None) -> Path:
    """--state, else NOVAOPS_STATE, else .novaops in the checkout."""
    return Path(given or os.environ.get("NOVAOPS_STATE") or CHECKOUT / ".novaops").resolve()


def load(state: Path) -> Choices:
    """What the folder remembers; the defaults (and NOVAOPS_PORT_BASE) where it is new."""
    path = Layout(state).choices
    if path.exists():
        return Choices(**json.loads(path.read_text()))
    return Choices(base=_number(os.environ.get("NOVAOPS_PORT_BASE", "17000"), "NOVAOPS_PORT_BASE"))


@dataclass(frozen=True)
class Asked:
    """What this `up` names; None where it says nothing. `patroni` holds words such as "shard-2=4.1.5"."""

    base: int | None = None
    shards: int | None = None
    etcd: int | None = None
    patroni: tuple[str, ...] = ()
    pools: int | None = None
    addresses: bool | None = None


def decide(state: Path, asked: Asked) -> Choices:
    """The choices for this `up`: what is asked for now, where it agrees with what the folder holds."""
    known = load(state)
    if Layout(state).choices.exists():
        _refuse_what_cannot_change(state, known, asked)
    found = replace(
        known,
        base=asked.base or known.base,
        shards=known.shards if asked.shards is None else asked.shards,
        etcd=known.etcd if asked.etcd is None else asked.etcd,
        pools=known.pools if asked.pools is None else asked.pools,
        addresses=known.addresses if asked.addresses is None else asked.addresses,
    )
    return replace(_checked(found), patroni=_versions(found, asked.patroni))


def _refuse_what_cannot_change(state: Path, known: Choices, asked: Asked) -> None:
    if asked.shards and asked.shards < known.shards:
        raise SandboxError(
            f"{state} holds a fleet of {known.shards} shards and cannot shrink to {asked.shards}: "
            "`script/demo reset` empties it."
        )
    if asked.base and asked.base != known.base:
        raise SandboxError(
            f"{state} holds a fleet on ports from {known.base}, its members know each other by them: "
            f"use another state folder for {asked.base}, or `script/demo reset`."
        )
    if asked.etcd and asked.etcd != known.etcd:
        raise SandboxError(
            f"{state} holds an etcd cluster of {known.etcd}, which cannot become one of {asked.etcd}: "
            f"use another state folder, or `script/demo reset`."
        )


def _versions(choices: Choices, words: Iterable[str]) -> dict[str, str]:
    """Patroni's version by shard: what was known, with each word's on top."""
    names = [f"shard-{number}" for number in range(1, choices.shards + 1)]
    found = dict(choices.patroni)
    for word in words:
        shard, _, version = word.partition("=")
        if shard not in names:
            raise SandboxError(f"--patroni {word}: the shard must be one of {', '.join(names)}, not {shard!r}.")
        if version == SYSTEM:
            found.pop(shard, None)
        elif re.fullmatch(r"[3-9](\.\d+)+", version):
            found[shard] = version
        else:
            raise SandboxError(
                f"--patroni {word}: the version must be one from 3.0 on, such as 4.1.5, or {SYSTEM!r}, not {version!r}."
            )
    return found


def save(layout: Layout, choices: Choices) -> None:
    layout.choices.write_text(json.dumps(asdict(choices)) + "\n")


def _checked(choices: Choices) -> Choices:
    if not 1 <= choices.shards <= MAX_SHARDS:
        raise SandboxError(f"The number of shards must be from 1 to {MAX_SHARDS}, not {choices.shards}.")
    if not 0 <= choices.pools <= MAX_POOLS:
        raise SandboxError(f"The number of pools of a shard must be from 0 to {MAX_POOLS}, not {choices.pools}.")
    if choices.etcd not in ETCD_COUNTS:
        raise SandboxError(f"The number of etcds must be 1 or 3, not {choices.etcd}: of two, both are needed.")
    if not 1024 <= choices.base <= 65535 - PORTS_IN_USE:
        raise SandboxError(f"The first port must be from 1024 to {65535 - PORTS_IN_USE}, not {choices.base}.")
    return choices


def _number(text: str, name: str) -> int:
    if not text.isdigit():
        raise SandboxError(f"{name} must be a port number, not {text!r}.")
    return int(text)
