"""The chain: unbroken under many writers, closed to every change, and found out when changed all the same."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import tenant_context

from novaops.audit.models import Head, Record
from novaops.audit.services import Actor, SecretRefused, record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet

SWAPPED = """
UPDATE audit_record SET sequence = 9 WHERE sequence = 2;
UPDATE audit_record SET sequence = 2 WHERE sequence = 3;
UPDATE audit_record SET sequence = 3 WHERE sequence = 9;
"""
WHO = Actor.automatic("test")


def write(count: int) -> None:
    for number in range(count):
        record("counted", f"number:{number}", actor=WHO, outcome=f"It is {number}.", data={"number": number})


def tamper(statement: str) -> None:
    """What the control database's owner could do; the test's rollback brings the triggers back."""
    with connection.cursor() as cursor:
        for table in ("audit_record", "audit_head"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_one_unbroken_chain(in_fleet: Fleet) -> None:
    together = threading.Barrier(8)

    def writer() -> None:
        with tenant_context(in_fleet):
            together.wait()
            write(25)
        connection.close()

    writers = [threading.Thread(target=writer) for _ in range(8)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    verdict = verify()
    assert verdict.whole and verdict.records == 200
    assert list(Record.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 201))


@pytest.mark.usefixtures("as_control_owner")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET outcome = 'never happened' WHERE sequence = 2",
        "DELETE FROM audit_record WHERE sequence = 3",
        "TRUNCATE audit_record",
        "UPDATE audit_head SET sequence = 1",
        "DELETE FROM audit_head",
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_record",
    ],
)
def test_the_database_refuses_every_change_even_to_its_owner(in_fleet: Fleet, statement: str) -> None:
    write(3)
    refused = pytest.raises(DatabaseError, match=r"append-only|moves forward|permission denied to set parameter")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify().records == 3


@pytest.mark.usefixtures("as_control_owner")
@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor_kind = 'person'",
        "actor = 'mallory'",
        "person_id = 7",
        "verb = 'guessed'",
        "subject = 'number:9'",
        "outcome = 'It is 9.'",
        """data = '{"number": 9}'""",
        "hash = repeat('0', 64)",
        "previous_hash = repeat('f', 64)",
    ],
)
def test_an_altered_field_is_found(in_fleet: Fleet, change: str) -> None:
    write(4)
    tamper(f"UPDATE audit_record SET {change} WHERE sequence = 3")
    verdict = verify()
    assert (verdict.sequence, verdict.records) == (3, 2) and "3" in verdict.problem


@pytest.mark.usefixtures("as_control_owner")
@pytest.mark.parametrize(
    ("statement", "bad", "words"),
    [
        ("DELETE FROM audit_record WHERE sequence = 2", 2, "missing"),
        ("DELETE FROM audit_record WHERE sequence > 3", 4, "end is missing"),
        ("UPDATE audit_record SET sequence = sequence + 1 WHERE sequence = 4", 4, "end is missing"),
        (SWAPPED, 2, "predecessor"),
    ],
)
def test_removal_and_reorder_are_found(in_fleet: Fleet, statement: str, bad: int, words: str) -> None:
    write(4)
    tamper(statement)
    verdict = verify()
    assert verdict.sequence == bad and words in verdict.problem


@pytest.mark.usefixtures("as_control_owner")
def test_the_command_names_the_first_bad_record(in_fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    write(3)
    call_command("changelog", "verify", fleet=in_fleet.slug)
    assert "is whole: 3 records" in capsys.readouterr().out
    tamper("UPDATE audit_record SET actor = 'mallory' WHERE sequence = 2")
    with pytest.raises(SystemExit) as ended:
        call_command("changelog", "verify", fleet=in_fleet.slug)
    assert ended.value.code == 1 and "Record 2 was altered" in capsys.readouterr().out


def test_what_the_database_gives_back_has_the_same_hash(in_fleet: Fleet) -> None:
    odd = {
        "floats": [0.1, 1e-7, 1e21, -0.0, float("inf")],
        "integers": [2**53, -(2**70), 0],
        "money": Decimal("1.10"),
        "when": datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
        "text": "nul \x00, half \ud83d, whole 🙂, ß, \u2028",
        "deep": {"€": {"a": [None, True]}},
    }
    record("tried", "odd values", actor=WHO, data=odd)
    assert verify().whole


@pytest.mark.parametrize("key", ["password", "dbPassword", "API_KEY", "access-token", "clientSecret"])
def test_secrets_are_refused(in_fleet: Fleet, key: str) -> None:
    with pytest.raises(SecretRefused, match="names a secret"):
        record("tried", "secret", actor=WHO, data={"outer": [{key: "x"}]})
    assert not Record.objects.exists()


def test_a_login_in_an_address_is_masked(in_fleet: Fleet) -> None:
    entry = record("tried", "address", actor=WHO, outcome="postgresql://nova:hush@db:5432/x did not answer")
    assert entry.outcome == "postgresql://nova:***@db:5432/x did not answer"


def test_a_record_is_undone_with_its_transaction(in_fleet: Fleet) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(2)
        raise ZeroDivisionError
    write(1)
    assert Head.objects.get().sequence == 1 and verify().whole


def test_a_fleet_has_a_chain_of_its_own(in_fleet: Fleet, other_fleet: Fleet) -> None:
    write(2)
    with tenant_context(other_fleet):
        assert not Record.objects.exists()
        write(1)
        assert verify().records == 1
    assert verify().records == 2
