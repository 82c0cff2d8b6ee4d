"""The stored records as plain rows, for those that read all of them: nothing is locked, models are not made."""

from collections.abc import Generator

from django.db import connection

from novaops.audit.canonical import StoredBody

Row = tuple[int, str, str, str, int | None, str, str, str, str, str, str]
"""A body's fields in their order, with `data` as JSON text, and the record's hash."""

ROWS = """
SELECT sequence, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor_kind, actor, person_id,
    verb, subject, outcome, data::text, previous_hash, hash
FROM audit_record WHERE sequence > %s AND sequence <= %s ORDER BY sequence
"""
HASHES = "SELECT hash FROM audit_record WHERE sequence > %s AND sequence <= %s ORDER BY sequence"
END = """
SELECT sequence, hash, (SELECT min(sequence) FROM audit_record r WHERE r.sequence > h.sequence) FROM audit_head h
"""
BEGINNING = -(2**63)
# The server works on the next rows while these are looked at.
AT_ONCE = 1000


def rows(last: int, after: int = BEGINNING) -> Generator[Row]:
    """Every record behind number `after` and up to `last`, in order, by one statement: while it runs, the connection
    can do nothing else, and what it keeps from being cleaned up stays. Close it, or read it to its end."""
    with connection.cursor() as cursor:
        yield from cursor.stream(ROWS, (after, last), size=AT_ONCE)


def hashes(after: int, last: int) -> list[str]:
    """Those of the records behind number `after` and up to `last`, in order."""
    with connection.cursor() as cursor:
        cursor.execute(HASHES, (after, last))
        return [digest for (digest,) in cursor.fetchall()]


def end() -> tuple[int, str, int | None]:
    """The end of the chain at one instant: the last record's number and hash, and the first number beyond it, if any.

    All records up to there were committed by then, and none of them changes any more."""
    with connection.cursor() as cursor:
        cursor.execute(END)
        sequence, digest, beyond = cursor.fetchone()
    return sequence, digest, beyond


def body_of(row: Row) -> StoredBody:
    return row[:10]
