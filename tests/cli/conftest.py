"""The command line as a process of its own, in front of a real console with the test kinds."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from novaops.cli.__main__ import main
from novaops.fleets.models import Fleet
from tests.api.conftest import Program, folder, planned, program, test_kinds
from tests.live.console import ROOT, Console, console

__all__ = ["folder", "planned", "program", "test_kinds"]
SERVER = "tests.api.asgi:application"


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def said(self) -> Any:
        return json.loads(self.out)


@dataclass
class Commands:
    """`novaops` as one person uses it; `home` is where it keeps its settings."""

    address: str
    home: Path
    token: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, told: str = "") -> Ended:
        """In this very process, which is quicker, and otherwise as if it were one of its own."""
        out, err = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in ("XDG_CONFIG_HOME", "NOVAOPS_URL", "NOVAOPS_FLEET", "NOVAOPS_TOKEN", "NOVAOPS_PATIENCE"):
                patch.delenv(name, raising=False)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["novaops", *words])
            patch.setattr(sys, "stdin", io.StringIO(told))
            patch.chdir(self.home)
            with pytest.raises(SystemExit) as ended:
                main()
        said = out.buffer.getvalue().decode()
        return Ended(int(ended.value.code or 0), said, err.getvalue())

    def start(self, *words: str, deaf: bool = False) -> subprocess.Popen[str]:
        """`deaf`: with Ctrl-C ignored, as a shell's script starts it in the background."""
        pipe, argv = subprocess.PIPE, self.argv(*words)
        command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *argv] if deaf else argv
        return subprocess.Popen(
            command, env=self.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=self.home
        )

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "novaops.cli", *words]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        signed_in = {"NOVAOPS_URL": self.address, "NOVAOPS_TOKEN": self.token} if self.token else {}
        return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(self.home), **signed_in, **self.more}

    def of(self, other: Program) -> "Commands":
        return Commands(self.address, self.home, other.text, self.more)


@dataclass
class Desk:
    """A running console, and commands in front of it."""

    console: Console
    commands: Commands


MakeDesk = Callable[[Program], Any]


@pytest.fixture
def desk(fleet: Fleet, tmp_path: Path) -> MakeDesk:
    """`with desk(program("operator")) as found:` runs a console; the test has `django_db(transaction=True)`."""

    @contextmanager
    def opened(who: Program) -> Iterator[Desk]:
        connection.close()
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        with console(SERVER) as server:
            yield Desk(server, Commands(server.address, home, who.text))

    return opened
