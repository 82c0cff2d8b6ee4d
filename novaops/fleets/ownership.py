"""The two roles of the control database: its owner makes and changes tables, the application only uses them.

Every process runs as the application. What only the owner may do runs inside `as_owner`, for that moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

from django.conf import settings
from django.db import connection
from psycopg import sql

from novaops.fleets.models import Fleet
from novaops.fleets.problems import FleetProblem

SQL = Path(__file__).parent / "sql"
LOGIN = ("HOST", "PORT", "NAME", "USER", "PASSWORD", "OPTIONS")
NO_OWNER = (
    "The environment variable NOVAOPS_OWNER_DATABASE_URL is not set: the login that owns the tables of the control "
    "database, postgresql://user:password@host/name. Only the owner may make or change them; NOVAOPS_DATABASE_URL is "
    "the application's login, which may not."
)
SAME_ROLE = (
    "NOVAOPS_OWNER_DATABASE_URL and NOVAOPS_DATABASE_URL name the same role, {role}. The application's must be another "
    "one, that owns nothing: CREATE ROLE ... LOGIN PASSWORD ..., then migrate_schemas gives it its rights."
)

_sealed = {"django_migrations"}


def seal(*tables: str) -> None:
    """From `AppConfig.ready`: tables of every fleet that the application reads, and functions of the database write."""
    _sealed.update(tables)


def application_role() -> str:
    return str(settings.DATABASES["default"]["USER"])


@contextmanager
def as_owner() -> Iterator[None]:
    """This thread's connection is the owner's inside. FleetProblem when the owner's login is not known or no other."""
    if is_owner():
        yield
        return
    before, owner = connection.settings_dict, _owner()
    if connection.in_atomic_block:
        raise RuntimeError("The owner's work cannot be part of a transaction of the application.")
    connection.close()
    connection.settings_dict = {**before, **{name: owner[name] for name in LOGIN}}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


def is_owner() -> bool:
    """Whether this thread is inside `as_owner`."""
    return bool(connection.settings_dict["USER"] != application_role())


def grant_application() -> None:
    """Gives the application's role its rights, on every schema; takes away any other. Idempotent."""
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    with as_owner():
        _require_role(application_role())
        for schema in ("public", *Fleet.objects.order_by("schema_name").values_list("schema_name", flat=True)):
            _grant(schema)


def weaknesses() -> list[str]:
    """By what the role of this connection could lift what protects the change logs: sentences, none when it cannot."""
    with connection.cursor() as cursor:
        cursor.execute((SQL / "weaknesses.sql").read_text(), {"sealed": sorted(_sealed)})
        return [f"The role {connection.settings_dict['USER']} {how}." for (how,) in cursor.fetchall()]


def _owner() -> dict[str, Any]:
    owner: dict[str, Any] | None = settings.OWNER_DATABASE
    if owner is None:
        raise FleetProblem(NO_OWNER)
    if owner["USER"] == application_role():
        raise FleetProblem(SAME_ROLE.format(role=application_role()))
    return owner


def _require_role(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.rowcount:
            raise FleetProblem(f"There is no role {role!r}, which NOVAOPS_DATABASE_URL names. CREATE ROLE makes it.")


def _grant(schema: str) -> None:
    names = {"home": schema, "application": application_role()}
    literals = {name: sql.Literal(value) for name, value in names.items()}
    text: LiteralString = (SQL / "grants.sql").read_text()
    statement = sql.SQL(text).format(sealed=sql.Literal(sorted(_sealed)), **literals)
    with connection.cursor() as cursor:
        cursor.execute(statement)
