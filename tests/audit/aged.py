"""A change log that is older than it can be: records of long ago, each part of them under a checkpoint."""

from django.db import connection
from django.utils import timezone

from novaops.audit import checkpoints
from novaops.audit.delivering import deliver
from novaops.audit.models import Checkpoint
from tests.audit.conftest import TABLES, forge, tamper, write

OLDER = "UPDATE audit_record SET at = at - interval '14 months' WHERE at > clock_timestamp() - interval '1 month'"


def make_aged(parts: int = 2, count: int = 6, new: int = 5) -> list[Checkpoint]:
    """Needs the owner's connection and a key. As many checkpoints as there are old parts, all of them delivered, then
    some records of today; the triggers are as they were."""
    checkpoints.make()
    write(1)
    checkpoints.make()
    tamper("DELETE FROM audit_checkpoint")
    made = [_old_part(count) for _ in range(parts)]
    guard()
    write(new)
    deliver(timezone.now())
    return made


def guard() -> None:
    """The triggers fire again, for everybody."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table])
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _old_part(count: int) -> Checkpoint:
    write(count)
    tamper(OLDER)
    forge()
    made = checkpoints.make()
    assert made is not None
    return made
