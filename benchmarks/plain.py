"""The change log's table without its chain: the same columns and indexes, numbered by a sequence, no triggers."""

import json

from django.db import connection, models, transaction
from django.utils import timezone

from benchmarks import records
from novaops.audit.canonical import GENESIS
from novaops.audit.cleaning import cleaned, text
from novaops.audit.models import Record
from tests import control_database

TABLE = "plain_record"
MAKE = """
CREATE TABLE {schema}.plain_record (LIKE {schema}.audit_record INCLUDING ALL);
CREATE SEQUENCE {schema}.plain_record_sequence OWNED BY {schema}.plain_record.sequence;
ALTER TABLE {schema}.plain_record ALTER sequence SET DEFAULT nextval('{schema}.plain_record_sequence');
GRANT ALL ON {schema}.plain_record, {schema}.plain_record_sequence TO PUBLIC;
"""
INSERT = """
INSERT INTO plain_record (at, actor_kind, actor, verb, subject, outcome, data, previous_hash, hash)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING sequence
"""


_columns = {field.name: field.clone() for field in Record._meta.local_concrete_fields if not field.primary_key}
_meta = type("Meta", (), {"app_label": "benchmarks", "db_table": TABLE, "managed": False})
PlainRecord = type(
    "PlainRecord",
    (models.Model,),
    {"__module__": __name__, "Meta": _meta, "sequence": models.BigAutoField(primary_key=True), **_columns},
)


def make_table(schema: str) -> None:
    with control_database.owner() as session:
        session.execute(MAKE.format(schema=schema).encode())


def save() -> None:
    """As any row of the console is saved: through the ORM, in a transaction of its own."""
    entry = PlainRecord(
        at=timezone.now(),
        actor_kind=records.WHO.kind.value,
        actor=text(records.WHO.name)[:150],
        verb=records.VERB,
        subject=text(records.SUBJECT)[:200],
        outcome=text(records.OUTCOME),
        data=cleaned(records.DATA),
        previous_hash=GENESIS,
        hash=GENESIS,
    )
    with transaction.atomic(savepoint=False):
        entry.save(force_insert=True)


def insert() -> None:
    """One statement, in a transaction of its own."""
    with transaction.atomic():
        insert_at_once()


def insert_at_once() -> None:
    """The same in autocommit: the least that one could do."""
    said = (records.WHO.name, records.VERB, records.SUBJECT, records.OUTCOME, json.dumps(records.DATA))
    with connection.cursor() as cursor:
        cursor.execute(INSERT, (timezone.now(), "automatic", *said, GENESIS, GENESIS))
        cursor.fetchone()
