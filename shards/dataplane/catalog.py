"""What a shard's schema looks like, stored after each migration and compared later: drift."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psycopg

CATALOG = (Path(__file__).parent / "queries" / "catalog.sql").read_text()
TENANT_COLUMNS = (Path(__file__).parent / "queries" / "tenant_columns.sql").read_text()

# (kind, name) of an object, such as ("index", "public.vms.vms_pkey"), and its definition.
Catalog: TypeAlias = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Drift:
    """One object that is not as the last migration left it; None stands for "does not exist"."""

    kind: str
    name: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.kind} {self.name} is missing"
        if self.expected is None:
            return f"{self.kind} {self.name} is there, but no migration made it"
        return f"{self.kind} {self.name} is altered: expected {_short(self.expected)}, found {_short(self.found)}"


def read(connection: psycopg.Connection) -> Catalog:
    """The objects as they are now."""
    # Definitions are written relative to the search path, so it has to be the same every time.
    with connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")
        rows = connection.execute(CATALOG.encode()).fetchall()
    return {(kind, name): definition for kind, name, definition in rows}


def remember(connection: psycopg.Connection) -> None:
    """Store the objects as they are now as the expected ones."""
    found = read(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM novaops_schema.expected_objects")
        with cursor.copy("COPY novaops_schema.expected_objects (kind, name, definition) FROM STDIN") as copy:
            for (kind, name), definition in found.items():
                copy.write_row((kind, name, definition))


def expected(connection: psycopg.Connection) -> Catalog:
    rows = connection.execute("SELECT kind, name, definition FROM novaops_schema.expected_objects").fetchall()
    return {(kind, name): definition for kind, name, definition in rows}


def tenant_drift(connection: psycopg.Connection) -> tuple[Drift, ...]:
    """Where tenants' own schemas differ from the shared tables."""
    return tuple(Drift(*row) for row in connection.execute(TENANT_COLUMNS.encode()).fetchall())


def compare(wanted: Catalog, found: Catalog) -> tuple[Drift, ...]:
    """Pure: every object that is missing, added or altered, by name."""
    keys = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
    return tuple(Drift(*key, expected=wanted.get(key), found=found.get(key)) for key in keys)


def _short(definition: str) -> str:
    text = " ".join(definition.split())
    return f"`{text[:97]}...`" if len(text) > 100 else f"`{text}`"
