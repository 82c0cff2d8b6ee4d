"""A key that signs checkpoints, what somebody with the whole control database could do, and operations of the test
kind."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from novaops.audit import signing
from novaops.audit.canonical import GENESIS, digest
from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.audit.signing import Key
from novaops.fleets.models import Fleet
from novaops.operations.runner import execute
from tests.operations.conftest import Planned, _kind, confirmed, folder, operator, planned, queued

__all__ = ["_kind", "confirmed", "done", "folder", "key", "operator", "outside", "planned", "queued"]

WHO = Actor.automatic("test")
TABLES = ("audit_record", "audit_head", "audit_checkpoint", "audit_pruning")


@pytest.fixture
def key(tmp_path: Path, settings: Settings) -> Key:
    """The installation's key."""
    path = tmp_path / "key.pem"
    made = signing.make(path, None, timezone.now())
    settings.CHECKPOINT_KEY_FILE = str(path)
    return made


@pytest.fixture
def outside(tmp_path: Path, settings: Settings) -> Path:
    """A folder that gets every checkpoint."""
    settings.CHECKPOINT_SINKS = [f"file:{tmp_path}/outside"]
    return tmp_path / "outside"


@pytest.fixture
def done(queued: Planned, in_fleet: Fleet) -> int:
    """The number of an operation that was requested, confirmed and carried out."""
    operation = queued()
    execute(operation.pk)
    return int(operation.pk)


def write(count: int, **data: Any) -> None:
    for number in range(count):
        details = {"number": number, **data}
        record("counted", f"number:{number}", actor=WHO, outcome=f"It is {number}.", data=details)


def tamper(*statements: str) -> None:
    """What triggers refuse is done all the same, as the owner of the tables can: with the fixture `as_control_owner`.
    The test's rollback brings the triggers back."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)


def forge() -> None:
    """All hashes are computed anew, numbers are made whole, the head is moved: the chain fits itself again."""
    previous = GENESIS
    for number, entry in enumerate(list(Record.objects.order_by("sequence")), 1):
        body = replace(entry.body, sequence=number, previous_hash=previous)
        forged = digest(body)
        Record.objects.filter(sequence=entry.sequence).update(sequence=number, previous_hash=previous, hash=forged)
        previous = forged
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_head SET sequence = (SELECT count(*) FROM audit_record), hash = %s", [previous])
