"""What a new shard is born with: roles, database, extensions. Patroni runs it once, before the replicas join."""

from psycopg import sql

from novaops.sandbox.layout import Shard
from novaops.sandbox.site import Site

DATABASE = "novacron"
CONSOLE_ROLE, APPLICATION_ROLE = "novaops", "novacron_app"

ROLES = """\
SET password_encryption = 'scram-sha-256';
CREATE ROLE {console} LOGIN REPLICATION BYPASSRLS PASSWORD {console_password};
GRANT pg_monitor, pg_checkpoint, pg_signal_backend TO {console};
GRANT SET ON PARAMETER session_replication_role TO {console};
CREATE ROLE {application} LOGIN PASSWORD {application_password};
CREATE DATABASE {database} OWNER {console};
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {application};
"""
EXTENSIONS = ("pg_stat_statements", "pg_trgm")


def preloaded(site: Site) -> str:
    """shared_preload_libraries: TimescaleDB must come first where it is packaged."""
    return "timescaledb,pg_stat_statements" if site.binaries.timescale else "pg_stat_statements"


def parameters(site: Site) -> dict[str, object]:
    """Server parameters that depend on what is packaged here."""
    more: dict[str, object] = {"shared_preload_libraries": preloaded(site)}
    if site.binaries.timescale:
        more |= {"timescaledb.telemetry_level": "off", "timescaledb.max_background_workers": 4}
    return more


def command(site: Site, shard: Shard) -> str:
    """The post_bootstrap command; Patroni appends the new leader's address."""
    name = f"{shard.name}-bootstrap"
    roles = site.write(name, "roles.sql", roles_sql(site))
    extensions = site.write(name, "extensions.sql", extensions_sql(site.binaries.timescale))
    psql = f"'{site.binaries.postgres}/psql' -X -q -v ON_ERROR_STOP=1"
    script = f"""\
set -e
{psql} -d "$1" -f '{roles}'
{psql} -d "$1 dbname={DATABASE}" -f '{extensions}'
"""
    return f"/bin/sh '{site.write(name, 'post_bootstrap.sh', script)}'"


def roles_sql(site: Site) -> str:
    """Roles and database, as one script of the superuser."""
    return (
        sql.SQL(ROLES)
        .format(
            console=sql.Identifier(CONSOLE_ROLE),
            console_password=sql.Literal(site.secret(CONSOLE_ROLE)),
            application=sql.Identifier(APPLICATION_ROLE),
            application_password=sql.Literal(site.secret(APPLICATION_ROLE)),
            database=sql.Identifier(DATABASE),
        )
        .as_string(None)
    )


def extensions_sql(timescale: bool) -> str:
    names = (*EXTENSIONS, "timescaledb") if timescale else EXTENSIONS
    return "".join(f"CREATE EXTENSION IF NOT EXISTS {name};\n" for name in names)
