"""The application's role can add to the change log and read it; it can neither change it nor lift what protects it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from pytest_django.plugin import DjangoDbBlocker

from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.audit.verifying import verify
from novaops.fleets import ownership
from novaops.fleets.models import Fleet
from novaops.fleets.services import create_fleet
from tests import control_database

SCHEMAS = ("fleet_alpha", "fleet_beta", "fleet_later")
WHO = Actor.automatic("test")
Session = psycopg.Connection[tuple[Any, ...]]
FORBIDDEN = [
    "UPDATE {home}.audit_record SET outcome = 'never happened'",
    "DELETE FROM {home}.audit_record",
    "TRUNCATE {home}.audit_record",
    "INSERT INTO {home}.audit_record SELECT * FROM {home}.audit_record",
    "COPY {home}.audit_record FROM STDIN",
    "UPDATE {home}.audit_head SET sequence = sequence + 1",
    "INSERT INTO {home}.audit_head (sequence, hash) VALUES (1, 'x')",
    "DELETE FROM {home}.audit_head",
    "TRUNCATE {home}.audit_head",
    "SELECT * FROM {home}.audit_head FOR UPDATE",
    "UPDATE {home}.audit_checkpoint SET signature = 'x'",
    "INSERT INTO {home}.audit_checkpoint SELECT * FROM {home}.audit_checkpoint",
    "DELETE FROM {home}.audit_checkpoint",
    "TRUNCATE {home}.audit_checkpoint",
    "ALTER TABLE {home}.audit_checkpoint DISABLE TRIGGER ALL",
    "DROP FUNCTION {home}.audit_add_checkpoint",
    "SELECT {home}.audit_prune_by_owner('{{}}', '')",
    "INSERT INTO {home}.audit_pruning SELECT * FROM {home}.audit_pruning",
    "DELETE FROM {home}.audit_pruning",
    "ALTER TABLE {home}.audit_pruning DISABLE TRIGGER ALL",
    "ALTER FUNCTION {home}.audit_add_checkpoint SET search_path = pg_temp",
    "DROP TRIGGER append_only ON {home}.audit_record",
    "DROP TRIGGER never_truncated ON {home}.audit_record",
    "DROP TRIGGER forward_only ON {home}.audit_head",
    "ALTER TABLE {home}.audit_record DISABLE TRIGGER append_only",
    "ALTER TABLE {home}.audit_record DISABLE TRIGGER ALL",
    "ALTER TABLE {home}.audit_record RENAME TO elsewhere",
    "ALTER TABLE {home}.audit_record ADD COLUMN more text",
    "ALTER TABLE {home}.audit_record OWNER TO {application}",
    "DROP TABLE {home}.audit_record",
    "CREATE RULE hidden AS ON INSERT TO {home}.audit_record DO INSTEAD NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON {home}.audit_record EXECUTE FUNCTION {home}.audit_refuse_change()",
    "CREATE OR REPLACE FUNCTION {home}.audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE OR REPLACE FUNCTION {home}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP FUNCTION {home}.audit_append",
    "ALTER FUNCTION {home}.audit_append SET search_path = pg_temp",
    "ALTER FUNCTION {home}.audit_append SECURITY INVOKER",
    "CREATE TABLE {home}.mine (id int)",
    "DROP SCHEMA {home} CASCADE",
    "ALTER SCHEMA {home} RENAME TO elsewhere",
    "CREATE SCHEMA mine",
    "GRANT {owner} TO {application}",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "ALTER ROLE {application} SUPERUSER",
    "SET session_replication_role = replica",
    "UPDATE {home}.django_migrations SET name = 'other'",
    "UPDATE public.django_migrations SET name = 'other'",
]


@pytest.fixture(scope="module")
def application(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Session]:
    """A session of the application's role, as every process of an installation has it, beside three fleets."""
    with django_db_blocker.unblock():
        for schema in SCHEMAS:
            fleet = create_fleet(schema.removeprefix("fleet_"), "")[0]
            with tenant_context(fleet):
                record("tried", "something", actor=WHO, outcome="It is there.")
        with psycopg.connect(control_database.url(), autocommit=True) as session:
            yield session
        control_database.restore()


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_every_way_around_is_refused(application: Session, schema: str, statement: str) -> None:
    names = {"home": schema, "application": settings.DATABASES["default"]["USER"], "owner": _owner()}
    query = sql.SQL(statement).format(**{name: sql.Identifier(value) for name, value in names.items()})
    with pytest.raises(InsufficientPrivilege):
        application.execute(query)


@pytest.mark.django_db(transaction=True)
def test_tables_of_ones_own_do_not_lead_a_record_astray(in_fleet: Fleet) -> None:
    with psycopg.connect(control_database.url(), autocommit=True) as session:
        session.execute("CREATE TEMP TABLE audit_head AS SELECT 1 AS id, 7 AS sequence, repeat('f', 64) AS hash")
        session.execute("CREATE TEMP TABLE audit_record (LIKE fleet_alpha.audit_record)")
        session.execute("SET search_path = pg_temp, fleet_beta")
        session.execute("SELECT fleet_alpha.audit_append('x', 'automatic', NULL, 'tried', 'it', '', '{}')")
        assert session.execute("SELECT count(*) FROM pg_temp.audit_record").fetchone() == (0,)
    assert Record.objects.get().sequence == 1 and verify().whole


@pytest.mark.django_db(transaction=True)
def test_migrating_brings_an_installation_of_loose_rights_over() -> None:
    with control_database.owner() as owner:
        for schema in ("public", "fleet_alpha"):
            for what in (f"ALL ON ALL TABLES IN SCHEMA {schema}", f"ALL ON SCHEMA {schema}"):
                owner.execute(f"GRANT {what} TO PUBLIC".encode())
    loose = ownership.weaknesses()
    assert [word for word in ("change or empty", "past the chain", "make tables") if word in " ".join(loose)] == [
        "change or empty", "past the chain", "make tables",
    ]  # fmt: skip
    call_command("migrate_schemas", verbosity=0)
    assert ownership.weaknesses() == []


@pytest.mark.django_db
def test_the_console_says_whether_its_role_protects(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_checks(databases=["default"]) == []
    monkeypatch.setattr("novaops.fleets.checks.weaknesses", lambda: ["The role x is a superuser."])
    [warning] = run_checks(databases=["default"])
    assert warning.id == "novaops.W001" and "is a superuser" in warning.msg and "docs/running.md" in str(warning.hint)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_no_right_can_be_given_to_oneself(application: Session, schema: str) -> None:
    """PostgreSQL answers with a warning, and gives nothing."""
    name = f"{schema}.audit_record"
    application.execute(f"GRANT ALL ON {name} TO CURRENT_USER".encode())
    rights = "SELECT has_table_privilege(%s, 'SELECT'), has_table_privilege(%s, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    assert application.execute(rights, [name, name]).fetchone() == (True, False)


@pytest.mark.usefixtures("as_control_owner")
def test_an_owner_is_told_what_it_could_lift(fleet: Fleet) -> None:
    assert any("owns, or may become the owner of" in how for how in ownership.weaknesses())


@pytest.mark.django_db
def test_without_the_owners_login_nothing_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "OWNER_DATABASE", None)
    with pytest.raises(CommandError, match="NOVAOPS_OWNER_DATABASE_URL is not set"):
        call_command("migrate_schemas", verbosity=0)
    with pytest.raises(CommandError, match="NOVAOPS_OWNER_DATABASE_URL is not set"):
        call_command("fleet", "create", "gamma")


@pytest.mark.django_db
def test_one_role_for_both_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "OWNER_DATABASE", settings.DATABASES["default"])
    with pytest.raises(CommandError, match="name the same role"):
        call_command("migrate_schemas", verbosity=0)


def _owner() -> str:
    return str(control_database.owner_settings()["USER"])
