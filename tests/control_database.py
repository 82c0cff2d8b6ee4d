"""The control database of a test run: a copy, made in a moment, of a template that holds two empty fleets.

The template is built once per state of the migrations and kept; any number of runs use it at the same time. While a
test runs, the next copy is made, so that no test waits for one."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from novaops.fleets.services import create_fleet
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
FLEETS = {"alpha": "Alpha fleet", "beta": "Beta fleet"}
# Of this checkout alone: two that use the same servers do not take each other's templates away.
PREFIX = f"novaops_template_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}_"
RUN = f"novaops_test_{os.getpid()}"
NEXT = f"{RUN}_next"
LOCK = 7_305_811

_copying = ThreadPoolExecutor(1)
_next: Future[None] | None = None


def create() -> None:
    """Makes the run's own database and points Django at it."""
    home = str(settings.DATABASES["default"]["NAME"])
    # What a test starts is told no more than the processes of an installation: the application's address.
    os.environ.pop("NOVAOPS_OWNER_DATABASE_URL", None)
    with owner(home) as session:
        session.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _build_template(session)
    restore()
    _point_at(RUN)


def restore() -> None:
    """Back to two empty fleets, whatever a test has committed."""
    global _next
    if _next is not None:
        with suppress(psycopg.Error):  # a test restarted the server meanwhile: the copy is made now
            _next.result()
    connections.close_all()
    with owner("postgres") as session:
        _drop(session, RUN)
        if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NEXT]).fetchone():
            _copy()
        session.execute(_renamed(NEXT, RUN))
    _next = _copying.submit(_copy)


def drop() -> None:
    _copying.shutdown()
    with owner("postgres") as session:
        for name in (RUN, NEXT):
            _drop(session, name)


def url() -> str:
    """For processes that a test starts: NOVAOPS_DATABASE_URL."""
    found = connection.settings_dict
    login = f"{quote(found['USER'], safe='')}:{quote(found['PASSWORD'], safe='')}"
    return f"postgresql://{login}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@cache
def _template() -> str:
    """Named by what it is made of: the apps, the migrations and the SQL that they read."""
    files = sorted(path for folder in ("migrations", "sql") for path in ROOT.glob(f"*/**/{folder}/*.*"))
    files = [path for path in files if path.suffix in {".py", ".sql"} and ".venv" not in path.parts]
    apps = repr((settings.SHARED_APPS, settings.TENANT_APPS)).encode()
    digest = hashlib.sha256(apps + b"".join(str(path).encode() + path.read_bytes() for path in files))
    return PREFIX + digest.hexdigest()[:16]


def _build_template(session: psycopg.Connection[tuple[str]]) -> None:
    name, half_built = _template(), f"{_template()}_unfinished"
    present = {row[0] for row in session.execute("SELECT datname FROM pg_database").fetchall()}
    if name in present:
        return
    for old in present:
        if old.startswith(PREFIX):
            _drop(session, old)
    session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(half_built)))
    _point_at(half_built)
    call_command("migrate_schemas", shared=True, verbosity=0, interactive=False)
    for slug, title in FLEETS.items():
        create_fleet(slug, title)
    connections.close_all()
    session.execute(_renamed(half_built, name))


def _renamed(name: str, to: str) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to))


def _copy() -> None:
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(NEXT), sql.Identifier(_template()))
    with owner("postgres") as session:
        session.execute(copy)


def _drop(session: psycopg.Connection[tuple[str]], name: str) -> None:
    """Autovacuum's worker belongs to nobody, so that only a superuser may end it: it is waited for."""
    connections.close_all()
    wait_for(lambda: _dropped(session, name), f"{name} to be dropped", every=0.05)


def _dropped(session: psycopg.Connection[tuple[str]], name: str) -> bool:
    session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    return True


def _point_at(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    owner_settings()["NAME"] = name


@contextmanager
def owner(name: str = RUN) -> Iterator[psycopg.Connection[tuple[str]]]:
    """A session of the control databases' owner, in the run's own or in another one; its end frees its locks."""
    found = owner_settings()
    with psycopg.connect(
        host=found["HOST"], port=found["PORT"], user=found["USER"], password=found["PASSWORD"], dbname=name,
        autocommit=True, connect_timeout=5,
    ) as session:  # fmt: skip
        yield session


def owner_settings() -> dict[str, Any]:
    """The owner's login, as Django's settings."""
    if settings.OWNER_DATABASE is None:
        raise RuntimeError("NOVAOPS_OWNER_DATABASE_URL is not set: read the state folder's `env` anew.")
    return settings.OWNER_DATABASE
