"""What a tenant's own schema is made of, as pg_dump writes it: it knows every kind of object of its version."""

import os
import re
import subprocess
from tempfile import TemporaryFile
from typing import IO

from psycopg.conninfo import make_conninfo
from psycopg.sql import Identifier

from novaops.inventory.targets import Target
from novaops.inventory.tls import libpq
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem

SECONDS = 120
POLL_SECONDS = 0.3
# Commands of psql around the script, and settings that would lift our own limits or that an older server does not know.
_NOT_SQL = re.compile(r"^\\(un)?restrict \w+$", re.MULTILINE)
_LIMITS = re.compile(r"^SET (statement|lock|idle_in_transaction_session|transaction)_timeout = 0;$", re.MULTILINE)


def of_schema(context: StepContext, leader: Target, schema: str) -> str:
    """SQL that makes the schema with all that is in it but rows. Owners and grants are those that it has now."""
    command = [
        *("pg_dump", "--schema-only", "--no-password", "--no-publications", "--no-subscriptions"),
        *("--encoding=UTF8", "--lock-wait-timeout=2000"),
        f"--schema={Identifier(schema).as_string(None)}",
        f"--dbname={_address(leader)}",
    ]
    return _LIMITS.sub("", _NOT_SQL.sub("", _output(context, command, leader)))


def _output(context: StepContext, command: list[str], leader: Target) -> str:
    environment = {**os.environ, "PGPASSWORD": leader.login.password}
    with TemporaryFile() as out, TemporaryFile() as err:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        except FileNotFoundError as problem:
            raise PermanentProblem(
                f"{command[0]} is not installed where this worker runs: no schema can be copied without it."
            ) from problem
        try:
            _wait(context, process)
        finally:
            process.kill()
            process.wait()
        said, told = (_text(file) for file in (out, err))
    if process.returncode:
        raise PermanentProblem(f"pg_dump of {leader.name}: {' '.join(told.split())[:500]}")
    return said


def _wait(context: StepContext, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(int(SECONDS / POLL_SECONDS)):
        context.progress(0, None, "Reading what the schema is made of")
        try:
            process.wait(POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue
    raise TransientProblem(f"pg_dump did not end within {SECONDS} s.")


def _address(leader: Target) -> str:
    return make_conninfo(
        host=leader.host,
        port=leader.port,
        user=leader.login.username,
        dbname=leader.database or "postgres",
        application_name="novaops pg_dump",
        **libpq(leader.options),
    )


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
