"""The standalone verifier, run as an auditor runs it: by itself, and where nothing of NovaOps can be imported."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "novaops" / "audit" / "standalone" / "verify_changelog.py"


@dataclass(frozen=True)
class Outcome:
    code: int
    said: dict[str, Any]
    printed: str

    @property
    def problem(self) -> str:
        return str(self.said["problem"])

    @property
    def bad(self) -> int:
        return int(self.said["first_bad_record"])


def run(export: Path, *words: str | Path, json_too: bool = True) -> Outcome:
    command = [sys.executable, "-I", str(FILE), str(export), *map(str, words), *(["--json"] if json_too else [])]
    done = subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    said = json.loads(done.stdout) if json_too and done.stdout else {}
    return Outcome(done.returncode, said, done.stderr + done.stdout)
