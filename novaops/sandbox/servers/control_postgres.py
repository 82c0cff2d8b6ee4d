"""The control database: a plain PostgreSQL of its own, apart from the shards."""

import os
import shutil
import signal
import subprocess
from typing import LiteralString

import psycopg
from psycopg import sql

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST
from novaops.sandbox.problems import SandboxError
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

NAME = "control"
OWNER = DATABASE = "novaops"
APPLICATION = "novaops_app"
SUPERUSER = "postgres"

# initdb has looked what shared memory this machine allows: its own file comes first.
SETTINGS = """\
include '{data}/postgresql.conf'
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 100
shared_buffers = 64MB
work_mem = 8MB
max_wal_size = 512MB
min_wal_size = 80MB
max_wal_senders = 0
wal_level = minimal
jit = off
timezone = UTC
log_line_prefix = '%m [%p] %q%u@%d '
"""
HBA = "host all all {host}/32 scram-sha-256\n"


def spec(site: Site) -> Spec:
    """The server's process; its data folder is made here when it is new."""
    data = site.layout.data(NAME)
    if not (data / "PG_VERSION").exists():
        _initdb(site)
    names = {"host": HOST, "port": site.layout.control, "data": data}
    config = site.write(NAME, "postgresql.conf", SETTINGS.format(**names))
    hba = site.write(NAME, "pg_hba.conf", HBA.format(**names))
    return Spec(
        name=NAME,
        argv=(
            f"{site.binaries.postgres}/postgres",
            "-D",
            str(data),
            f"--config-file={config}",
            f"--hba-file={hba}",
        ),
        cwd=site.layout.home(NAME),
        stage=Stage.GROUND,
        port=site.layout.control,
        ready=probe.sql(_superuser_dsn(site), "SELECT 1", 1),
        stop_signal=signal.SIGINT,
        grace=20.0,
        data=data,
    )


def url(site: Site) -> str:
    """The console's own address of the control database: a role that owns nothing."""
    return _address(site, APPLICATION, "control-app")


def owner_url(site: Site) -> str:
    """For migrations and new fleets."""
    return _address(site, OWNER, "control")


def make_database(site: Site) -> None:
    """The two roles and the database, if they are not there yet. CREATEDB lets the tests make theirs, and with the
    application's role the owner may end its sessions, as the tests do when they drop theirs."""
    with psycopg.connect(_superuser_dsn(site), connect_timeout=5, autocommit=True) as connection:
        _make_role(connection, OWNER, "LOGIN CREATEDB", site.secret("control"))
        _make_role(connection, APPLICATION, "LOGIN", site.secret("control-app"))
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APPLICATION), sql.Identifier(OWNER)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            names = sql.Identifier(DATABASE), sql.Identifier(OWNER)
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))


def _make_role(connection: psycopg.Connection[tuple[str]], name: str, may: LiteralString, password: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        statement = sql.SQL("CREATE ROLE {} " + may + " PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))


def _address(site: Site, role: str, secret: str) -> str:
    return f"postgresql://{role}:{site.secret(secret)}@{HOST}:{site.layout.control}/{DATABASE}"


def _superuser_dsn(site: Site) -> str:
    return f"postgresql://{SUPERUSER}:{site.secret('control-superuser')}@{HOST}:{site.layout.control}/postgres"


def _initdb(site: Site) -> None:
    """Made beside and moved into place, so that an interrupted one is never taken for a database."""
    fresh = site.home(NAME) / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password = site.write(NAME, "superuser", site.secret("control-superuser") + "\n")
    argv = (
        *site.account.prefix,
        f"{site.binaries.postgres}/initdb",
        *("-D", str(fresh), "-U", SUPERUSER, f"--pwfile={password}"),
        *("-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-sync"),
    )
    environment = dict(os.environ) | {"LC_ALL": "C.UTF-8"}
    result = subprocess.run(argv, cwd=fresh.parent, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SandboxError(f"initdb could not make the control database in {fresh}: {reason}")
    fresh.rename(site.layout.data(NAME))
