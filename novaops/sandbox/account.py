"""The user that the servers run as: PostgreSQL, Memcached and PgBouncer refuse root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from novaops.sandbox.problems import SandboxError

CANDIDATES = ("postgres", "novaops")


@dataclass(frozen=True)
class Account:
    """Who owns the servers' files, and the words in front of a command that make it run as that user."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Hand one file or folder to the servers' user; does nothing when we are that user."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)


def find(state: Path) -> Account:
    """We ourselves, or as root the user `postgres`, with leave to pass through closed parent folders if needed."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    entry = _unprivileged()
    drop = ("setpriv", f"--reuid={entry.pw_name}", f"--regid={entry.pw_gid}", "--init-groups")
    pass_through = (*drop, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    for prefix in (drop, pass_through):
        if _enters(prefix, state):
            return Account(entry.pw_uid, entry.pw_gid, (*prefix, "--"))
    raise SandboxError(
        f"The servers run as the user {entry.pw_name}, who cannot enter {state}: "
        "open its parent folders (chmod o+x), or set NOVAOPS_STATE to a folder elsewhere."
    )


def _unprivileged() -> pwd.struct_passwd:
    for name in CANDIDATES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SandboxError(
        "PostgreSQL refuses to run as root and there is no user `postgres`: "
        "install Debian's postgresql package, or run script/demo as another user."
    )


def _enters(prefix: tuple[str, ...], folder: Path) -> bool:
    # A path below the folder, so that passing through it is what is tried; "." always exists.
    return subprocess.run((*prefix, "test", "-e", f"{folder}/."), check=False).returncode == 0
