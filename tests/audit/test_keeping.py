"""In the background: checkpoints when they are due, carrying them outside, verifying; what the overview says of it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.utils import timezone
from pytest_django.fixtures import Settings

from metrics import findings, selectors
from metrics.contract import Finding, Severity
from novaops.audit import checkpoints, keeping, tasks, verification
from novaops.audit.models import Checkpoint, Delivery, Record, Signing, Verification
from novaops.audit.signing import Key
from novaops.fleets.models import Fleet
from tests.audit.conftest import forge, tamper, write


@pytest.fixture(autouse=True)
def _due_at_once(settings: Settings) -> None:
    settings.CHECKPOINT_MINUTES = 0


def keep() -> Signing:
    keeping.keep(timezone.now())
    return Signing.objects.get()


def found(key: str) -> list[Finding]:
    now = timezone.now()
    return [one for one in findings.evaluate(selectors.snapshot(), now) if one.key.startswith(f"change-log:{key}")]


def test_records_are_covered_and_carried_outside_by_themselves(in_fleet: Fleet, key: Key, outside: Path) -> None:
    write(3)
    state = keep()
    assert (state.problem, state.since, state.busy_until) == ("", None, None) and state.tried_at
    assert Checkpoint.objects.get().sequence == 4 and (outside / "alpha-checkpoints.jsonl").exists()
    keep()
    assert Checkpoint.objects.count() == 1, "without new records there is no new one"


def test_a_round_of_all_fleets(in_fleet: Fleet, key: Key, outside: Path) -> None:
    write(1)
    tasks.look_again()
    tasks.verify()
    assert Checkpoint.objects.count() == 1 and Verification.objects.get().whole


def test_two_beats_make_one(in_fleet: Fleet, key: Key, outside: Path) -> None:
    write(1)
    Signing.objects.create(pk=1, busy_until=timezone.now() + timedelta(minutes=5))
    keep()
    assert not Checkpoint.objects.exists(), "somebody else is at it"
    Signing.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    keep()
    assert Checkpoint.objects.count() == 1, "somebody died over it"


def test_without_a_key_it_is_said_again_and_again(in_fleet: Fleet, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE = ""
    first = keep()
    again = keep()
    assert "NOVAOPS_CHECKPOINT_KEY_FILE is not set" in again.problem and again.since == first.since
    [finding] = found("unsigned")
    assert (finding.severity, finding.page, finding.since) == (Severity.WARNING, "checkpoints", first.since)


def test_a_key_that_came_ends_it(in_fleet: Fleet, key: Key, settings: Settings) -> None:
    path, settings.CHECKPOINT_KEY_FILE = settings.CHECKPOINT_KEY_FILE, "/nowhere"
    assert "cannot be read" in keep().problem
    settings.CHECKPOINT_KEY_FILE = path
    assert keep().problem == "" and found("unsigned") == []


def test_what_is_not_whole_is_critical(as_control_owner: None, in_fleet: Fleet, key: Key) -> None:
    write(3)
    tamper("UPDATE audit_record SET outcome = 'never' WHERE sequence = 2")
    assert keep().altered
    [finding] = found("unsigned")
    assert finding.severity == Severity.CRITICAL and "Record 2 was altered" in finding.sentence


def test_nobody_makes_one(as_control_owner: None, in_fleet: Fleet, key: Key, settings: Settings) -> None:
    settings.CHECKPOINT_MINUTES = 5
    write(1)
    assert found("uncovered") == []
    tamper("UPDATE audit_record SET at = at - interval '20 minutes'")
    [finding] = found("uncovered")
    assert "20\N{NO-BREAK SPACE}min" in finding.sentence and finding.severity == Severity.WARNING


def test_a_place_that_refuses_for_long(in_fleet: Fleet, key: Key, settings: Settings) -> None:
    settings.CHECKPOINT_SINKS = ["http://127.0.0.1:1/in"]
    write(1)
    keep()
    assert found("outside") == []
    Delivery.objects.update(since=timezone.now() - timedelta(minutes=11))
    [finding] = found("outside")
    assert finding.subject == "http://127.0.0.1:1/in" and "does not answer" in finding.sentence
    Delivery.objects.update(next_at=timezone.now() - timedelta(hours=1))
    assert found("outside") == [], "it is no longer configured"


def test_verifying_by_itself_and_again_when_its_time_has_come(in_fleet: Fleet, settings: Settings) -> None:
    write(3)
    verification.look_again()
    first = Verification.objects.get()
    assert (first.whole, first.records, first.total, first.asked_by) == (True, 3, 3, "by itself")
    assert "The chain of 3 records is whole; no checkpoint" in first.sentence
    verification.look_again()
    assert Verification.objects.count() == 1
    settings.VERIFY_MINUTES = 0
    verification.look_again()
    assert Verification.objects.count() == 2


def test_one_that_somebody_asked_for_is_next(in_fleet: Fleet) -> None:
    verification.look_again()
    asked = verification.ask("ann")
    assert verification.ask("bob") == asked, "one is enough"
    verification.look_again()
    last = verification.last()
    assert last and last.pk == asked.pk and last.asked_by == "ann"


def test_one_whose_process_died_is_read_again(in_fleet: Fleet) -> None:
    asked = verification.ask("ann")
    Verification.objects.update(seen_at=timezone.now())
    verification.look_again()
    asked.refresh_from_db()
    assert asked.ended_at is None, "somebody is at it"
    Verification.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    verification.look_again()
    asked.refresh_from_db()
    assert asked.ended_at and asked.whole


def test_the_copy_outside_is_compared_by_itself(
    as_control_owner: None, in_fleet: Fleet, key: Key, outside: Path, settings: Settings
) -> None:
    """Somebody with the whole database and the key makes the past anew: the overview says so."""
    settings.VERIFY_MINUTES = 0
    write(3)
    keep()
    verification.look_again()
    last = verification.last()
    assert last and "Copies outside prove it up to record 4." in last.sentence and found("altered") == []
    tamper("UPDATE audit_record SET outcome = 'never' WHERE sequence = 2", "DELETE FROM audit_checkpoint")
    forge()
    checkpoints.make()
    verification.look_again()
    [finding] = found("altered")
    assert finding.severity == Severity.CRITICAL and "alpha-checkpoints.jsonl" in finding.sentence
    told = Record.objects.filter(verb="change log found altered")
    assert told.count() == 1 and told.get().actor == "verification"
    verification.look_again()
    assert told.count() == 1


def test_a_copy_that_is_gone_is_said(in_fleet: Fleet, key: Key, outside: Path) -> None:
    write(1)
    keep()
    (outside / "alpha-checkpoints.jsonl").unlink()
    verification.look_again()
    last = verification.last()
    assert last and last.whole and "cannot be read on this host" in last.sentence


def test_an_installation_without_protection_is_warned(key: Key, outside: Path, settings: Settings) -> None:
    def warnings() -> list[str]:
        found = run_checks(include_deployment_checks=True)
        return sorted(str(one.id) for one in found if str(one.id).startswith("novaops"))

    assert warnings() == []
    settings.CHECKPOINT_KEY_FILE, settings.CHECKPOINT_SINKS = "", []
    assert warnings() == ["novaops.W002", "novaops.W003"]
    settings.CHECKPOINT_SINKS = ["nonsense"]
    assert warnings() == ["novaops.E002", "novaops.W002"]
