"""Appending: on disk when it returns, announced inside its transaction, its time never running backwards."""

from collections.abc import Iterator
from secrets import token_hex

import pytest
from django.db import connection, transaction

from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.audit.signals import awaited, recorded
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet

WHO = Actor.automatic("test")


def lsn(function: str) -> int:
    """A position in the WAL, as bytes from its beginning."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({function}() - '0/0')::bigint")
        return int(cursor.fetchone()[0])


@pytest.fixture
def heard() -> Iterator[list[Record]]:
    found: list[Record] = []

    def hear(sender: object, record: Record, **rest: object) -> None:
        assert connection.in_atomic_block
        found.append(record)

    recorded.connect(hear)
    yield found
    recorded.disconnect(hear)


@pytest.mark.django_db(transaction=True)
def test_what_was_recorded_is_on_disk_when_the_transaction_is_over(in_fleet: Fleet) -> None:
    with transaction.atomic():
        for number in range(3):
            record("tried", f"number:{number}", actor=WHO)
        written = lsn("pg_current_wal_insert_lsn")
        assert len(connection.run_on_commit) == 1
    assert lsn("pg_current_wal_flush_lsn") >= written


@pytest.mark.django_db(transaction=True)
def test_the_next_transaction_waits_for_the_disk_as_ever(in_fleet: Fleet) -> None:
    record("tried", "it", actor=WHO)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def test_a_record_is_announced_with_all_that_it_holds(in_fleet: Fleet, heard: list[Record]) -> None:
    entry = record("tried", "it", actor=WHO, outcome="So it is.", data={"n": 1.5, "list": ["é", None]})
    assert heard == [entry] and not entry._state.adding
    stored = Record.objects.get()
    assert stored.body == entry.body and stored.hash == entry.hash == entry.computed_hash()


def test_a_receiver_that_fails_takes_the_record_back(in_fleet: Fleet) -> None:
    def fail(sender: object, record: Record, **rest: object) -> None:
        raise ZeroDivisionError

    recorded.connect(fail)
    try:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record("tried", "it", actor=WHO)
    finally:
        recorded.disconnect(fail)
    assert not Record.objects.exists() and verify().whole


@pytest.mark.usefixtures("as_control_owner")
def test_time_never_runs_backwards_within_the_chain(in_fleet: Fleet) -> None:
    """As after a failover to a server whose clock is behind: the last record is from tomorrow."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_record DISABLE TRIGGER append_only")
        record("tried", "first", actor=WHO)
        cursor.execute("UPDATE audit_record SET at = at + interval '1 day'")
    second = record("tried", "second", actor=WHO)
    assert second.at == Record.objects.get(sequence=1).at


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_alone_is_on_disk_when_it_returns(in_fleet: Fleet) -> None:
    before = lsn("pg_current_wal_insert_lsn")
    entry = record("tried", "it", actor=WHO, outcome="So it is.", data={"noise": token_hex(3_000)})
    assert lsn("pg_current_wal_flush_lsn") >= before + 3_000
    stored = Record.objects.get()
    assert stored.body == entry.body and stored.hash == entry.hash == entry.computed_hash() and not entry._state.adding
    record("tried", "it again", actor=WHO)
    assert verify().records == 2


@pytest.mark.django_db(transaction=True)
def test_a_record_that_somebody_waits_for_is_announced_inside_its_transaction(
    in_fleet: Fleet, heard: list[Record]
) -> None:
    def wants(sender: object, record: Record, **rest: object) -> bool:
        return record.subject == "it"

    awaited.connect(wants)
    try:
        record("tried", "something else", actor=WHO)
        entry = record("tried", "it", actor=WHO)
    finally:
        awaited.disconnect(wants)
    assert heard == [entry] and verify().records == 2


def test_a_frozen_writer_does_not_hold_the_chain_for_good(in_fleet: Fleet) -> None:
    """Whoever froze inside a transaction with a record holds its head: the server ends that session."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("2min",)
