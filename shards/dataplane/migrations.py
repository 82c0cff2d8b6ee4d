"""The versioned SQL files, in order."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from shards.dataplane.problems import DataPlaneProblem

FOLDER = Path(__file__).parent / "sql"
NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
# A file that begins with this runs statement by statement, so each must be safe to repeat (IF NOT EXISTS).
NO_TRANSACTION = "-- novaops: no transaction"
BETWEEN_STATEMENTS = re.compile(r"^-- next$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name, its text."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def transactional(self) -> bool:
        return not self.text.startswith(NO_TRANSACTION)

    @property
    def statements(self) -> tuple[str, ...]:
        """The whole text where it runs in a transaction, else what stands between lines `-- next`."""
        parts = [self.text] if self.transactional else BETWEEN_STATEMENTS.split(self.text)
        return tuple(part.strip() for part in parts if part.strip())


def load(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """All migrations by version; DataPlaneProblem for a number used twice or a file that is named otherwise."""
    found = tuple(_read(path) for path in sorted(folder.glob("*.sql")))
    versions = [migration.version for migration in found]
    if len(set(versions)) != len(versions):
        raise DataPlaneProblem(f"Two migrations in {folder} have the same number.")
    return found


def _read(path: Path) -> Migration:
    match = NAME.match(path.name)
    if match is None:
        raise DataPlaneProblem(f"{path.name} is not named like 0001_what_it_does.sql.")
    return Migration(version=int(match[1]), name=match[2], text=path.read_text())
