"""The stored records as JSON documents, straight from the table: what a verifier reads, a few thousand at a time."""

from collections.abc import Iterator

from django.db import connection

BATCH = 5000
BEGINNING = -(2**63)

# All that is hashed of a record, as it is stored; its hash stands beside it.
DOCUMENTS = """
SELECT sequence, previous_hash, hash, json_build_object(
    'actor', actor, 'actor_kind', actor_kind, 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'data', data, 'outcome', outcome, 'person_id', person_id, 'previous_hash', previous_hash, 'sequence', sequence,
    'subject', subject, 'verb', verb)::text
FROM audit_record WHERE sequence > %s AND sequence <= %s ORDER BY sequence LIMIT %s
"""
END = """
SELECT sequence, hash, (SELECT min(sequence) FROM audit_record r WHERE r.sequence > h.sequence) FROM audit_head h
"""

Stored = tuple[int, str, str, str]
"""Sequence, the predecessor's hash, hash, document."""


def documents(last: int) -> Iterator[Stored]:
    """Every record up to number `last`, in order. Nothing is locked, and no transaction is kept open in between."""
    after = BEGINNING
    while block := _block(after, last):
        yield from block
        after = block[-1][0]


def end() -> tuple[int, str, int | None]:
    """The end of the chain at one instant: the last record's number and hash, and the first number beyond it, if any.

    All records up to there were committed by then, and none of them changes any more."""
    with connection.cursor() as cursor:
        cursor.execute(END)
        sequence, digest, beyond = cursor.fetchone()
    return sequence, digest, beyond


def _block(after: int, last: int) -> list[Stored]:
    with connection.cursor() as cursor:
        cursor.execute(DOCUMENTS, (after, last, BATCH))
        found: list[Stored] = cursor.fetchall()
    return found
