"""The programs that the sandbox starts, and the Debian package that each comes from."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from novaops.sandbox.layout import Layout
from novaops.sandbox.problems import SandboxError

POSTGRES_ROOT = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
OLDEST_POSTGRES = 15
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = {
    "patroni": "patroni",
    "etcd": "etcd-server",
    "pgbouncer": "pgbouncer",
    "redis-server": "redis-server",
    "memcached": "memcached",
    "nats-server": "nats-server",
    "setpriv": "util-linux",
}


@dataclass(frozen=True)
class Binaries:
    """Paths of the programs; `timescale` says whether TimescaleDB is packaged for this PostgreSQL."""

    postgres: Path  # the folder with initdb, postgres, psql
    version: int
    timescale: bool
    programs: dict[str, str]

    def program(self, name: str) -> str:
        return self.programs[name]


def find(layout: Layout) -> Binaries:
    """Everything that the sandbox needs, or one sentence that names what is missing and its package."""
    programs = {name: shutil.which(name, path=_search()) for name in PACKAGES}
    missing = [f"{name} (package {PACKAGES[name]})" for name, path in programs.items() if path is None]
    version = _postgres_version(layout)
    if version is None:
        missing.insert(0, f"PostgreSQL {OLDEST_POSTGRES} or newer (package postgresql)")
    if missing or version is None:
        raise SandboxError(f"Not installed: {', '.join(missing)}. script/demo installs them; apt install does too.")
    control = EXTENSIONS / str(version) / "extension" / "timescaledb.control"
    return Binaries(
        postgres=POSTGRES_ROOT / str(version) / "bin",
        version=version,
        timescale=control.exists(),
        programs={name: path for name, path in programs.items() if path},
    )


def _search() -> str:
    return f"{os.environ.get('PATH', '')}:{SEARCH}"


def _postgres_version(layout: Layout) -> int | None:
    """The version that the data was made with, else the newest that is installed."""
    known = layout.data("control") / "PG_VERSION"
    if known.exists():
        version = int(known.read_text())
        if (POSTGRES_ROOT / str(version) / "bin" / "postgres").exists():
            return version
        raise SandboxError(
            f"The fleet in {layout.state} was made with PostgreSQL {version}, which is no longer installed: "
            f"install postgresql-{version}, or `script/demo reset`."
        )
    found = (path.parent.parent.name for path in POSTGRES_ROOT.glob("*/bin/postgres"))
    versions = [int(name) for name in found if name.isdigit() and int(name) >= OLDEST_POSTGRES]
    return max(versions, default=None)
