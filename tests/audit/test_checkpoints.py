"""Checkpoints: made over what is whole, one after the other; what somebody does with the database is found by them."""

import threading
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context
from pytest_django.fixtures import Settings

from novaops.audit import checkpoints, signing
from novaops.audit.actors import Actor
from novaops.audit.checkpoints import Unsound
from novaops.audit.delivering import deliver
from novaops.audit.models import Checkpoint, Record
from novaops.audit.signing import Key, KeyProblem
from novaops.audit.verifying import Verdict, verify
from novaops.fleets.models import Fleet
from tests.audit.conftest import forge, tamper, write
from tests.audit.test_merkle import naive


def made() -> Checkpoint:
    found = checkpoints.make()
    assert found is not None
    return found


def test_a_checkpoint_covers_every_record_and_follows_the_one_before(in_fleet: Fleet, key: Key) -> None:
    write(3)
    first = made()
    write(5)
    second = made()
    hashes = list(Record.objects.order_by("sequence").values_list("hash", flat=True))
    said = second.statement
    assert (said.sequence, said.head, said.root) == (len(hashes), hashes[-1], naive(hashes).hex())
    assert (said.number, said.previous, said.chain, said.key) == (2, first.digest, hashes[0], key.public)
    assert (said.fleet, said.pruned) == ("alpha", 0)
    assert second.line(first.frontier).signed
    verdict = verify()
    assert verdict.whole and (verdict.checkpoints, verdict.covered, verdict.proven) == (2, len(hashes), 0)


def test_nothing_new_is_no_new_checkpoint(in_fleet: Fleet, key: Key) -> None:
    write(2)
    assert made() == made() and Checkpoint.objects.count() == 1


def test_asking_for_one_is_recorded_and_covered_by_it(in_fleet: Fleet, key: Key) -> None:
    made()
    found = checkpoints.ask(Actor.automatic("test"))
    assert found and Record.objects.get(sequence=found.sequence).verb == "checkpoint asked for"


def test_the_first_use_of_a_key_is_a_changed_setting(in_fleet: Fleet, key: Key) -> None:
    write(1)
    made()
    entry = Record.objects.latest("sequence")
    assert (entry.verb, entry.subject) == ("checkpoint key changed", "setting:checkpoint-key")
    assert entry.data == {"before": "", "after": key.public} and entry.sequence == made().sequence


def test_when_one_is_due(in_fleet: Fleet, key: Key, settings: Settings) -> None:
    now = timezone.now()
    assert not checkpoints.is_due(now)
    write(3)
    settings.CHECKPOINT_MINUTES, settings.CHECKPOINT_RECORDS = 5, 3
    assert checkpoints.is_due(now)
    settings.CHECKPOINT_RECORDS = 4
    assert not checkpoints.is_due(now)
    settings.CHECKPOINT_MINUTES = 0
    assert checkpoints.is_due(timezone.now())
    made()
    assert not checkpoints.is_due(timezone.now())


@pytest.mark.django_db(transaction=True)
def test_several_that_make_one_at_once_leave_one_row_of_steps(in_fleet: Fleet, key: Key) -> None:
    together = threading.Barrier(4)
    problems: list[Exception] = []

    def maker() -> None:
        with tenant_context(in_fleet):
            together.wait()
            for _ in range(5):
                write(2)
                try:
                    made()
                except Exception as problem:
                    problems.append(problem)
        connection.close()

    makers = [threading.Thread(target=maker) for _ in range(4)]
    for thread in makers:
        thread.start()
    for thread in makers:
        thread.join()
    assert all("faster than this one" in str(problem) for problem in problems)
    made()
    verdict = verify()
    assert verdict.whole and verdict.covered == verdict.records >= 40
    assert verdict.checkpoints == Checkpoint.objects.count()


def test_what_is_not_whole_is_not_signed(as_control_owner: None, in_fleet: Fleet, key: Key) -> None:
    write(3)
    made()
    write(3)
    tamper("UPDATE audit_record SET outcome = 'never happened' WHERE sequence = 6")
    with pytest.raises(Unsound, match="Record 6 was altered"):
        checkpoints.make()
    assert Checkpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit_checkpoint SET signature = repeat('0', 128)", "does not carry the signature"),
        ('UPDATE audit_checkpoint SET frontier = \'["00", "11"]\'', "tree of checkpoint 1"),
        ("UPDATE audit_checkpoint SET body = '{}'", "is no longer one"),
    ],
)
def test_nothing_is_built_on_a_checkpoint_that_was_altered(
    as_control_owner: None, in_fleet: Fleet, key: Key, statement: str, words: str
) -> None:
    write(2)
    made()
    write(1)
    tamper(statement)
    with pytest.raises(Unsound, match=words):
        checkpoints.make()


def added(body: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(checkpoints.ADD, (body, "00", "[]", "[]", None))
        return bool(cursor.fetchone()[0])


def test_the_database_takes_no_step_out_of_its_row(in_fleet: Fleet, key: Key) -> None:
    write(2)
    body = made().body
    for written in (body, body.replace('"number":1', '"number":2')):
        assert not added(written)
    write(1)
    said = made().statement
    other = said.text.decode().replace('"number":2', '"number":3').replace(said.previous, said.digest)
    wrong = other.replace(f'"sequence":{said.sequence}', f'"sequence":{said.sequence + 1}')
    with pytest.raises(DatabaseError, match="no record 5 with the hash"), transaction.atomic():
        added(wrong)


# What somebody with the whole database does, after three checkpoints over 4, 8 and 12 records; then all hashes and the
# head are made to fit again, and what was signed over the changed records is taken away: without the key it cannot be
# made anew.
ALTERATIONS = {
    "actor": "UPDATE audit_record SET actor = 'mallory' WHERE sequence = 6",
    "actor_kind": "UPDATE audit_record SET actor_kind = 'person' WHERE sequence = 6",
    "person_id": "UPDATE audit_record SET person_id = 7 WHERE sequence = 6",
    "at": "UPDATE audit_record SET at = at - interval '1 microsecond' WHERE sequence = 6",
    "verb": "UPDATE audit_record SET verb = 'guessed' WHERE sequence = 6",
    "subject": "UPDATE audit_record SET subject = 'number:9' WHERE sequence = 6",
    "outcome": "UPDATE audit_record SET outcome = '' WHERE sequence = 6",
    "data": "UPDATE audit_record SET data = '{}' WHERE sequence = 6",
    "removal": "DELETE FROM audit_record WHERE sequence = 6",
    "reorder": "UPDATE audit_record SET sequence = CASE sequence WHEN 6 THEN -7 ELSE -6 END WHERE sequence IN (6, 7);"
    "UPDATE audit_record SET sequence = -sequence WHERE sequence < 0",
    "insertion": "UPDATE audit_record SET sequence = -sequence - 1 WHERE sequence > 6;"
    "UPDATE audit_record SET sequence = -sequence WHERE sequence < 0;"
    "INSERT INTO audit_record SELECT 7, at, actor_kind, actor, person_id, 'was never done', subject, outcome, data,"
    " previous_hash, hash FROM audit_record WHERE sequence = 6",
}


@pytest.fixture
def three(as_control_owner: None, in_fleet: Fleet, key: Key) -> list[Checkpoint]:
    """The first is over the record of the key too."""
    write(3)
    found = [made()]
    for _ in range(2):
        write(4)
        found.append(made())
    assert [one.sequence for one in found] == [4, 8, 12]
    return found


def found_by(outside: Path) -> tuple[Verdict, Verdict]:
    """What the database alone says, and what the copies outside say too."""
    return verify(), verify(list(outside.glob("*.jsonl")))


@pytest.mark.parametrize("change", ALTERATIONS)
def test_the_past_made_anew_is_found_by_the_database_own_checkpoints(three: list[Checkpoint], change: str) -> None:
    tamper(*ALTERATIONS[change].split(";"))
    forge()
    verdict = verify()
    assert (verdict.sequence, verdict.records) == (5, 4)
    assert "Records 5 to 8 are not what checkpoint 2" in verdict.problem


@pytest.mark.parametrize("change", ALTERATIONS)
def test_and_by_the_copies_outside_when_those_are_taken_away(
    three: list[Checkpoint], outside: Path, change: str
) -> None:
    deliver(timezone.now())
    tamper(*ALTERATIONS[change].split(";"), "DELETE FROM audit_checkpoint WHERE number > 1")
    forge()
    inside, both = found_by(outside)
    assert inside.whole
    assert both.sequence == 5 and "Records 5 to 8 are not what checkpoint 2 in " in both.problem


def test_even_when_the_key_signs_the_new_past(three: list[Checkpoint], outside: Path) -> None:
    deliver(timezone.now())
    tamper(ALTERATIONS["data"], "DELETE FROM audit_checkpoint WHERE number > 1")
    forge()
    made()
    inside, both = found_by(outside)
    assert inside.whole and inside.covered == 12
    assert both.sequence == 5 and "checkpoint 2 in " in both.problem


@pytest.mark.parametrize("with_checkpoints", [False, True])
def test_an_end_that_was_cut_off(three: list[Checkpoint], outside: Path, with_checkpoints: bool) -> None:
    deliver(timezone.now())
    gone = "DELETE FROM audit_checkpoint WHERE number = 3" if with_checkpoints else "SELECT 1"
    tamper("DELETE FROM audit_record WHERE sequence > 10", gone)
    forge()
    inside, both = found_by(outside)
    assert inside.whole is with_checkpoints
    assert both.sequence == 11 and "end is missing" in both.problem and "12 records" in both.problem
    assert both.records == 10


def test_a_chain_made_anew_from_its_first_record(three: list[Checkpoint], outside: Path) -> None:
    deliver(timezone.now())
    tamper("UPDATE audit_record SET actor = 'mallory' WHERE sequence = 1", "DELETE FROM audit_checkpoint")
    forge()
    inside, both = found_by(outside)
    assert inside.whole and both.sequence == 1 and "another chain" in both.problem


@pytest.mark.parametrize(
    ("statement", "bad", "words"),
    [
        ("DELETE FROM audit_checkpoint WHERE number = 2", 5, "Checkpoint 2 is missing"),
        ("DELETE FROM audit_checkpoint WHERE number = 1", 1, "Checkpoint 1 is missing"),
        (
            "UPDATE audit_checkpoint SET signature = repeat('0', 128) WHERE number = 2",
            5,
            "does not carry the signature",
        ),
        ("UPDATE audit_checkpoint SET sequence = 9 WHERE number = 2", 9, "another than its columns"),
        ("UPDATE audit_checkpoint SET body = 'x' WHERE number = 2", 8, "no longer one"),
        ("UPDATE audit_checkpoint SET body = replace(body, 'alpha', 'beta') WHERE number = 2", 5, "another fleet"),
    ],
)
def test_a_checkpoint_that_was_altered(three: list[Checkpoint], statement: str, bad: int, words: str) -> None:
    tamper(statement)
    verdict = verify()
    assert words in verdict.problem and verdict.sequence == bad


def test_checkpoints_of_a_stranger_are_no_ones_word(three: list[Checkpoint], tmp_path: Path, key: Key) -> None:
    """The whole past and all checkpoints made anew, with another key."""
    stranger = signing.make(tmp_path / "stranger.pem", None, timezone.now())
    tamper("DELETE FROM audit_checkpoint")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("novaops.audit.checkpoints.configured", lambda: stranger)
        made()
    assert f"signed by the key {stranger.public}" in verify().problem


def test_rotation_a_key_that_the_old_one_introduced(
    in_fleet: Fleet, key: Key, tmp_path: Path, settings: Settings
) -> None:
    write(2)
    made()
    new = signing.make(tmp_path / "new.pem", key, timezone.now())
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "new.pem")
    write(1)
    second = made()
    write(1)
    third = made()
    assert (second.key, signing.introduced(second.introduction)) == (new.public, (key.public, new.public))
    assert third.introduction is None and verify().whole
    entry = Record.objects.filter(subject="setting:checkpoint-key").latest("sequence")
    assert entry.data == {"before": key.public, "after": new.public} and "introduced by the key before" in entry.outcome
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "key.pem")
    assert verify().whole


def test_a_key_that_nobody_introduced_is_not_taken_for_ones_own(
    in_fleet: Fleet, key: Key, tmp_path: Path, settings: Settings
) -> None:
    write(2)
    made()
    signing.make(tmp_path / "new.pem", None, timezone.now())
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "new.pem")
    write(1)
    made()
    assert verify().whole  # The new key vouches for what it found.
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "key.pem")
    assert "was introduced by none" in verify().problem


def test_without_a_key_nothing_is_signed(in_fleet: Fleet, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE = ""
    write(1)
    with pytest.raises(KeyProblem, match="NOVAOPS_CHECKPOINT_KEY_FILE is not set"):
        checkpoints.make()
    assert verify().whole
