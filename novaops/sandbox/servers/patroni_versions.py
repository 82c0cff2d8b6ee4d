"""Other versions of Patroni than the system's: each in a Python environment of its own inside the state folder."""

import shutil
import subprocess
from pathlib import Path

from novaops.sandbox.problems import SandboxError
from novaops.sandbox.site import Site

# One that the servers' user can run too; a Python below root's home is closed to it.
PYTHON = "/usr/bin/python3"
INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore")
WITHIN = 300.0


def program(site: Site, shard: str) -> Path:
    """The program that runs this shard's members."""
    version = site.layout.patroni.get(shard)
    return _home(site, version) / "bin" / "patroni" if version else Path(site.binaries.program("patroni"))


def install(site: Site, version: str) -> str:
    """Makes the environment, unless it is there. One that was left half made is begun again."""
    home = _home(site, version)
    whole = home / ".whole"
    if whole.exists():
        return "was there"
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(exist_ok=True)
    home.parent.chmod(0o711)
    _run(version, PYTHON, "-m", "venv", str(home))
    _run(version, str(home / "bin" / "python"), *INSTALL, f"patroni[etcd3]=={version}", "psycopg[binary]>=3")
    whole.touch()
    return "from PyPI"


def _home(site: Site, version: str) -> Path:
    return site.layout.state / "programs" / f"patroni-{version}"


def _run(version: str, *words: str) -> None:
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=WITHIN)
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"Patroni {version} was not installed within {WITHIN:.0f} s.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or [""]
        raise SandboxError(f"Patroni {version} could not be installed: {said[0][:300]}")
