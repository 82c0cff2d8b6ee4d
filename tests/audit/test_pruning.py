"""The oldest part of the change log is taken away with leave: up to a checkpoint that lies outside, after an archive of
it was verified, by the owner alone. Whoever takes it away otherwise is found out."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from novaops.audit import checkpoints, export, pruning, signing, verifying
from novaops.audit.archive import ArchiveProblem
from novaops.audit.beginning import Beginning, beginning
from novaops.audit.delivering import deliver
from novaops.audit.models import Checkpoint, Delivery, Pruning, Record
from novaops.audit.pruned import Pruned
from novaops.audit.pruning import NotPruned, months_before
from novaops.audit.selectors import Filters
from novaops.audit.services import record
from novaops.audit.signing import Key
from novaops.audit.verification import sentence_of
from novaops.audit.verifying import Verdict, verify
from novaops.fleets.models import Fleet
from tests.audit.aged import make_aged
from tests.audit.conftest import WHO, forge, tamper, write
from tests.audit.verifier import Outcome, run

F = "f" * 64
pytestmark = pytest.mark.usefixtures("as_control_owner")


@dataclass
class Log:
    """Two old parts, each under a checkpoint outside, and records of today."""

    fleet: Fleet
    folder: Path
    outside: Path
    key: Key
    old: list[Checkpoint]

    def prune(self, part: int = 1) -> tuple[Pruned, Path]:
        path = self.folder / f"archive-{part}.jsonl"
        what = pruning.due(self.fleet, timezone.now(), self.old[part - 1].number)
        return pruning.prune(self.fleet, what, path, WHO), path

    def export(self, **filters: Any) -> Path:
        path = self.folder / "export.jsonl"
        path.write_bytes(b"".join(export.batches(self.fleet, Filters(**filters))))
        deliver(timezone.now())
        return path

    def check(self, path: Path, *archives: Path) -> Outcome:
        words: list[str | Path] = ["--checkpoints", self.outside, "--key", self.key.public]
        words += ["--archive", *archives] if archives else []
        return run(path, *words)


@pytest.fixture
def log(as_control_owner: None, in_fleet: Fleet, key: Key, outside: Path, tmp_path: Path) -> Log:
    return Log(in_fleet, tmp_path, outside / "alpha-checkpoints.jsonl", key, make_aged())


def first() -> int:
    return int(Record.objects.order_by("sequence").values_list("sequence", flat=True)[0])


def test_what_is_left_is_whole_and_the_archive_with_it_is_one(log: Log) -> None:
    before = Record.objects.get(sequence=log.old[0].sequence)
    said, archive = log.prune()
    assert (said.first, said.last, said.head) == (1, log.old[0].sequence, before.hash) and first() == said.last + 1
    verdict = verify([log.outside])
    assert verdict.whole and verdict.pruned == said.last and verdict.records == Record.objects.count()
    assert "begins behind record" in sentence_of(verdict)
    newest = Checkpoint.objects.first()
    assert newest and newest.statement.pruned == said.last and newest.statement.chain == said.chain

    alone, rest = log.check(archive), log.check(log.export())
    assert alone.code == 0 and (alone.said["first"], alone.said["last"], alone.said["complete"]) == (1, said.last, True)
    assert rest.code == 0 and (rest.said["first"], rest.said["pruned"]) == (said.last + 1, said.last)
    assert said.archive in " ".join(rest.said["sentences"]) and rest.said["complete"]
    both = log.check(log.export(), archive)
    assert both.code == 0 and (both.said["first"], both.said["archives"], both.said["pruned"]) == (1, 1, 0)
    assert both.said["records"] == rest.said["last"] and both.said["proven"] == rest.said["proven"]


def test_it_is_a_record_and_a_signed_statement(log: Log) -> None:
    said, archive = log.prune()
    entry = Record.objects.get(verb="change log pruned")
    row = Pruning.objects.get()
    assert entry.data["statement"] == row.digest == said.digest and entry.actor == WHO.name
    assert entry.data["archive"] == said.archive and entry.data["checkpoint_digest"] == log.old[0].digest
    assert entry.data["archive_bytes"] == archive.stat().st_size and "Taken away: records 1 to" in entry.outcome
    assert signing.is_signed(row.body.encode(), row.signature, log.key.public)


def test_again_and_again(log: Log) -> None:
    (one, first_archive), (two, second_archive) = log.prune(1), log.prune(2)
    assert (two.first, two.previous) == (one.last + 1, one.digest) and first() == two.last + 1
    write(3)
    assert verify([log.outside]).whole
    path = log.export()
    assert log.check(second_archive).code == 0 and log.check(path, second_archive).said["pruned"] == one.last
    both = log.check(path, first_archive, second_archive)
    assert both.code == 0 and both.said["first"] == 1 and both.said["complete"]
    assert "are one log, without a gap" in both.said["sentences"][-1]
    assert log.check(log.export(verb="counted")).code == 0, "a selection has its proof, too"


def test_both_at_once(log: Log) -> None:
    said, archive = log.prune(2)
    assert said.first == 1 and log.check(log.export(), archive).code == 0


def test_the_dry_run_says_what_would_go(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    before = Record.objects.count()
    call_command("changelog", "prune", fleet="alpha", dry_run=True)
    told = capsys.readouterr().out
    assert f"Would go: records 1 to {log.old[1].sequence}, of 20" in told and "Nothing was removed" in told
    call_command("changelog", "prune", fleet="alpha", dry_run=True, json=True, up_to_checkpoint=log.old[0].number)
    facts = json.loads(capsys.readouterr().out)
    assert (facts["records"], facts["last"], facts["pruned"]) == (log.old[0].sequence, log.old[0].sequence, False)
    assert facts["bytes"] > 0 and facts["places"] == [f"file:{log.outside.parent}"]
    assert Record.objects.count() == before and not Pruning.objects.exists()


def test_the_command_prunes_and_lists_what_was_said(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    archive = log.folder / "archive.jsonl"
    with pytest.raises(CommandError, match="--archive FILE, or --dry-run"):
        call_command("changelog", "prune", fleet="alpha")
    call_command("changelog", "prune", fleet="alpha", archive=archive)
    assert "begins behind them" in capsys.readouterr().out and archive.exists()
    call_command("changelog", "prunings", fleet="alpha")
    line = json.loads(capsys.readouterr().out)
    assert line["pruning"]["last"] == log.old[1].sequence and len(line["signature"]) == 128
    with pytest.raises(CommandError, match="there is nothing to prune") as refused:
        call_command("changelog", "prune", fleet="alpha", dry_run=True)
    assert refused.value.returncode == 2


def test_not_before_it_lies_outside(log: Log, settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_SINKS = [*settings.CHECKPOINT_SINKS, f"file:{tmp_path}/second"]
    with pytest.raises(NotPruned, match=f"does not lie in file:{tmp_path}/second yet"):
        log.prune()
    settings.CHECKPOINT_SINKS = []
    with pytest.raises(NotPruned, match="No place outside is configured"):
        log.prune()


def test_not_before_its_time(log: Log) -> None:
    log.fleet.change_log_months = 15
    with pytest.raises(NotPruned, match="older than 15 months"):
        log.prune()
    young = checkpoints.make()
    deliver(timezone.now())
    assert young
    log.fleet.change_log_months = 12
    with pytest.raises(NotPruned, match=f"Checkpoint {young.number} does not end"):
        pruning.due(log.fleet, timezone.now(), young.number)
    said = replace(_statement(log), last=young.sequence, checkpoint=young.number, checkpoint_digest=young.digest,
                   head=young.statement.head)  # fmt: skip
    with pytest.raises(NotPruned, match="older than 12 months"), transaction.atomic():
        pruning._remove(said, log.key.sign(said.text))


def _statement(log: Log) -> Pruned:
    said = log.old[0].statement
    return Pruned(
        fleet=said.fleet, chain=said.chain, number=1, first=1, last=said.sequence, head=said.head, root=said.root,
        checkpoint=said.number, checkpoint_digest=log.old[0].digest, archive="0" * 64, archive_bytes=1,
        made_at=said.made_at, key=log.key.public,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"first": 2},
        {"previous": "f" * 64},
        {"checkpoint_digest": "f" * 64},
        {"head": "f" * 64},
        {"last": 3},
    ],
)
def test_the_database_refuses_a_statement_that_does_not_fit(log: Log, change: dict[str, Any]) -> None:
    said = replace(_statement(log), **change)
    with pytest.raises(NotPruned, match="pruned"), transaction.atomic():
        pruning._remove(said, log.key.sign(said.text))
    assert first() == 1


def test_nothing_goes_from_a_log_that_is_not_whole(log: Log) -> None:
    tamper("UPDATE audit_record SET outcome = 'never' WHERE sequence = 3")
    with pytest.raises(NotPruned, match="not whole"):
        log.prune()
    assert first() == 1 and not Pruning.objects.exists()


def test_an_archive_that_is_another_one_is_not_taken(log: Log) -> None:
    path = log.folder / "archive-1.jsonl"
    path.write_bytes(b"".join(export.batches(log.fleet, Filters())))
    with pytest.raises(ArchiveProblem, match="is another one: it holds records 1 to"):
        log.prune()
    path.write_text("no export\n")
    with pytest.raises(ArchiveProblem, match="The archive is none"):
        log.prune()
    path.unlink()
    path.with_name(f"{path.name}.unfinished").write_text("cut off")
    assert log.prune()[0].number == 1 and first() > 1
    assert log.check(path).code == 0


@pytest.mark.parametrize("statement", ["DELETE FROM audit_record WHERE sequence = {next}", "TRUNCATE audit_record",
                                       "UPDATE audit_pruning SET last = 99", "DELETE FROM audit_pruning"])  # fmt: skip
def test_what_is_left_is_protected_as_before(log: Log, statement: str) -> None:
    said, _ = log.prune()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(next=said.last + 1))


BEHIND = "(SELECT max(last) FROM audit_pruning)"
TAMPERED: dict[str, tuple[str, str]] = {
    "more of the head is gone": (f"DELETE FROM audit_record WHERE sequence <= {BEHIND} + 2", "is missing"),
    "the statement is gone": ("DELETE FROM audit_pruning", "Record 1 is missing"),
    "its signature": ("UPDATE audit_pruning SET signature = repeat('0', 128)", "does not carry the signature"),
    "its text": ("UPDATE audit_pruning SET body = replace(body, 'alpha', 'gamma')", "does not carry the signature"),
    "no statement": ("UPDATE audit_pruning SET body = '{}'", "is no longer one"),
    "its row": ("UPDATE audit_pruning SET last = last + 1", "says another than its row"),
    "its record": ("UPDATE audit_record SET data = '{}' WHERE verb = 'change log pruned'", "has no record"),
    "its checkpoint": ("DELETE FROM audit_checkpoint WHERE number = 1", "is not here"),
    "its tree": ("""UPDATE audit_checkpoint SET frontier = '["00"]' WHERE number = 1""", "tree"),
    "what was gone is back": (
        "INSERT INTO audit_record SELECT 1, at, actor_kind, actor, person_id, verb, subject, outcome, data, "
        "previous_hash, hash FROM audit_record ORDER BY sequence LIMIT 1",
        "Record 1 stands here, though",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_each_alteration_is_found(log: Log, what: str) -> None:
    log.prune()
    write(2)
    statement, words = TAMPERED[what]
    tamper(statement)
    verdict = verify([log.outside])
    assert not verdict.whole and words in verdict.problem, verdict


def test_a_head_that_somebody_else_took_away(log: Log) -> None:
    """Also when a statement of it is put there that another key signed."""
    said = log.old[0].statement
    tamper(f"DELETE FROM audit_record WHERE sequence <= {said.sequence}")
    verdict = verify([log.outside])
    assert verdict.sequence == 1 and "Record 1 is missing" in verdict.problem
    found = log.check(log.export())
    assert found.code == 1 and found.bad == 1 and "Record 1 is missing" in found.problem
    strange = signing.make(log.folder / "strange.pem", None, timezone.now())
    forged = replace(_statement(log), key=strange.public)
    record("change log pruned", "change-log", actor=WHO, data={"statement": forged.digest})
    row = {"number": 1, "first": 1, "last": forged.last, "made_at": timezone.now(), "key": strange.public}
    Pruning.objects.create(**row, body=forged.text.decode(), signature=strange.sign(forged.text))
    assert "signed no checkpoint here" in verify().problem
    found = log.check(log.export())
    assert found.code == 1 and strange.public in found.problem


def altered(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Path:
    lines = change([json.loads(line) for line in path.read_bytes().splitlines()])
    path.write_bytes(b"".join(rfc8785.dumps(line) + b"\n" for line in lines))
    return path


def without(line: int) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda lines: [one for number, one in enumerate(lines) if number != line]


def proof_with(**changes: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """The newest pruning that the proof names, changed."""

    def change(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines[-1]["proof"]["prunings"][-1]["pruning"] |= changes
        return lines

    return change


def test_an_archive_that_was_altered(log: Log) -> None:
    _, archive = log.prune()
    path = log.export()
    whole = archive.read_bytes()
    archive.write_bytes(whole.replace(b'"problem":""', b'"problem": ""'))
    found = log.check(path, archive)
    assert found.code == 1 and "is not the archive that pruning 1 names" in found.problem
    archive.write_bytes(whole)
    altered(archive, lambda lines: [{**lines[0], "outcome": "never"}, *lines[1:]])
    found = log.check(path, archive)
    assert found.bad == 1 and "Record 1 was altered" in found.problem


def test_a_gap_between_the_archive_and_the_chain(log: Log) -> None:
    said, archive = log.prune()
    path, whole = log.export(), archive.read_bytes()
    altered(archive, without(said.last - 1))
    found = log.check(path, archive)
    assert found.code == 1 and "no pruning of this log names those" in found.problem
    archive.write_bytes(whole)
    altered(path, without(0))
    for archives in ([archive], []):
        found = log.check(path, *archives)
        assert found.code == 1 and found.bad == said.last + 1 and "is missing" in found.problem
    second, other = log.prune(2)
    found = log.check(log.export(), archive)
    assert found.bad == second.first and "is missing" in found.problem, "the second archive was not given"
    assert log.check(log.export(), other, archive).code == 1, "in another order"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (proof_with(archive="0" * 64), "does not carry the signature"),
        (proof_with(last=3), "does not carry the signature"),
        (proof_with(last="3"), "a pruning that is none"),
        (lambda lines: [*lines[:-1], {"proof": {**lines[-1]["proof"], "prunings": []}}], "Record 1 is missing"),
    ],
)
def test_a_statement_that_was_altered_in_the_export(log: Log, change: Any, words: str) -> None:
    log.prune()
    found = log.check(altered(log.export(), change))
    assert found.code == 1 and words in found.problem


def test_somebody_with_the_database_and_the_key_is_found_by_the_copies(log: Log) -> None:
    """What is left is made anew; the copies outside know what it was."""
    log.prune()
    write(2)
    checkpoints.make()
    deliver(timezone.now())
    tamper("DELETE FROM audit_checkpoint", "DELETE FROM audit_pruning", "UPDATE audit_record SET outcome = 'never'")
    forge()
    assert verify().whole, "without the copies nobody can tell"
    assert not verify([log.outside]).whole and log.check(log.export()).code == 1


def test_a_verification_that_was_reading_meanwhile_begins_anew(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def first_then_pruned() -> Beginning:
        found = beginning()
        read.append(found.place.sequence)
        if len(read) == 1:
            monkeypatch.setattr(pruning, "verify", lambda copies: Verdict(1, ""))
            log.prune()
        return found

    monkeypatch.setattr(verifying, "beginning", first_then_pruned)
    verdict = verify([log.outside])
    assert verdict.whole and read == [0, log.old[0].sequence] == [0, verdict.pruned]


def test_pages_say_what_was_taken_away(log: Log, client_as: Callable[..., Client]) -> None:
    said, _ = log.prune()
    auditor, home = client_as("auditor"), "/fleets/alpha/changes/"
    page = auditor.get(f"{home}checkpoints/").text
    assert "Taken away from the beginning" in page and said.archive in page and f"1 to {said.last}" in page
    assert f"{home}{log.old[1].sequence}/" in page and f"{home}{said.last}/" not in page, "a link leads somewhere"
    assert "Taken away" in auditor.get(f"{home}retention/").text
    assert "Unaltered" in auditor.get(f"{home}{said.last + 1}/").text
    assert auditor.get(f"{home}{said.last}/").status_code == 404 and auditor.get(home).status_code == 200
    verdict = auditor.get("/fleets/alpha/api/changes/verdict").json()
    assert verdict["whole"] and verdict["pruned"] == said.last


def test_deliveries_go_on_behind_it(log: Log) -> None:
    log.prune()
    write(1)
    made = checkpoints.make()
    deliver(timezone.now())
    assert made and Delivery.objects.get().delivered == made.number and verify([log.outside]).proven == made.sequence


@pytest.mark.parametrize(
    ("months", "expected"),
    [(1, (2026, 2, 28)), (12, (2025, 3, 28)), (3, (2025, 12, 28)), (15, (2024, 12, 28))],
)
def test_months_before(months: int, expected: tuple[int, int, int]) -> None:
    assert months_before(datetime(2026, 3, 31, tzinfo=UTC), months) == datetime(*expected, tzinfo=UTC)
