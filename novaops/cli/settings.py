"""Which console, which fleet, whose token: from the environment, else from ~/.config/novaops/config.toml (0600)."""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from novaops.cli.exits import ExitCode
from novaops.cli.problems import Problem

NAMES = {"url": "NOVAOPS_URL", "fleet": "NOVAOPS_FLEET", "token": "NOVAOPS_TOKEN"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Settings:
    """`url` has no slash at its end."""

    url: str
    fleet: str
    token: str

    @property
    def readable_on_the_way(self) -> bool:
        """The token travels over a network without TLS."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in LOOPBACK


def home(environment: Mapping[str, str] = os.environ) -> Path:
    base = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".config")
    return Path(base) / "novaops" / "config.toml"


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises Problem, and names what is missing."""
    stored = _stored(home(environment))
    found = {name: environment.get(variable) or str(stored.get(name, "")) for name, variable in NAMES.items()}
    missing = [variable for name, variable in NAMES.items() if not found[name] and name != "fleet"]
    if missing:
        raise Problem(ExitCode.INVALID, f"Not signed in: {' and '.join(missing)} unknown. `novaops login` stores both.")
    return made(**found)


def made(url: str, fleet: str, token: str) -> Settings:
    """With the token's own fleet if none is told. Raises Problem for what cannot be an address or a token."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Problem(ExitCode.INVALID, f"{url!r} is no address of a console; https://novaops.example.org is one.")
    if not fleet_of(token):
        raise Problem(ExitCode.INVALID, "That is no token: one looks like novaops_demo_7_… and is made in the browser.")
    return Settings(url.rstrip("/"), fleet or fleet_of(token), token)


def fleet_of(token: str) -> str:
    """The slug that every token carries; empty for what is none."""
    parts = token.split("_")
    return parts[1] if len(parts) == 4 and parts[0] == "novaops" else ""


def save(settings: Settings, path: Path) -> None:
    """Nobody else can read it, not for a moment, and a full disk leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in asdict(settings).items())
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & 0o077)


def _stored(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Problem(ExitCode.INVALID, f"{path} cannot be read: {error}") from error
