"""The standalone verifier over what NovaOps exports: it finds each alteration of the file, of the checkpoints and of
the database behind them, and says what it cannot know."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.utils import timezone
from pytest_django.fixtures import Settings

from novaops.audit import checkpoints, export, export_csv, signing
from novaops.audit.delivering import deliver
from novaops.audit.models import Checkpoint
from novaops.audit.selectors import Filters
from novaops.audit.services import Actor, record
from novaops.audit.signing import Key
from novaops.audit.standalone import verify_changelog
from novaops.fleets.models import Fleet
from tests.audit.conftest import WHO, forge, tamper, write
from tests.audit.verifier import run

Line = dict[str, Any]
# One of each kind that NovaOps writes, with the details that it has.
KINDS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("signed in", "person:ann", "", {"address": "192.0.2.7", "browser": "Firefox"}),
    ("sign-in failed", "person:ann", "", {"address": "192.0.2.7"}),
    ("role granted", "person:ann", "ann: operator", {"role": "operator"}),
    ("requested", "operation:7", "=SUM(A1)", {"kind": "move", "plan": {"seconds": 1.5, "steps": ["fence", "copy"]}}),
    ("refused", "operation:8", "No replica follows.", {"reason": "lag of 1e21 bytes", "lag": 1e21, "small": 1e-7}),
    ("approved", "operation:7", "Naïve, but fine: 🙂", {"ticket": "OPS-12", "🙂": 1, "\ufffd": 2}),
    ("step done", "operation:7/copy", "104711 rows.", {"attempt": 1, "targets": ["tenant:4711"]}),
    ("setting changed", "setting:cycle", "-5 s", {"before": {"seconds": 5}, "after": {"seconds": 10}}),
    ("change log exported", "change-log", "", {"filters": {"actor": "ann"}}),
]


@dataclass
class Log:
    """An export of everything, the file outside, and the key; `check` runs the verifier inside this process."""

    fleet: Fleet
    folder: Path
    outside: Path
    key: Key
    check: Callable[..., Line]

    @property
    def export(self) -> Path:
        return self.folder / "export.jsonl"

    @property
    def words(self) -> tuple[str | Path, ...]:
        return ("--checkpoints", self.outside, "--key", self.key.public)

    @property
    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.export.read_bytes().splitlines()]

    def write(self, lines: list[Line]) -> None:
        self.export.write_bytes(b"".join(rfc8785.dumps(line) + b"\n" for line in lines))

    def make(self, **filters: Any) -> Path:
        self.export.write_bytes(b"".join(export.batches(self.fleet, Filters(**filters))))
        return self.export

    def make_table(self, **filters: Any) -> Path:
        path = self.folder / "export.zip"
        path.write_bytes(b"".join(export_csv.batches(self.fleet, Filters(**filters))))
        return path

    def found(self, *words: str | Path) -> Line:
        return self.check(self.export, *(words or self.words))


def make_checkpoint() -> Checkpoint:
    found = checkpoints.make()
    assert found is not None
    return found


@pytest.fixture
def log(
    as_control_owner: None, in_fleet: Fleet, key: Key, outside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Log]:
    """Three checkpoints, of which the file outside has each, and records after the last one: the file outside has also
    that of the export once it is delivered."""

    def check(path: Path, *words: str | Path) -> Line:
        capsys.readouterr()
        code = verify_changelog.main([str(path), *map(str, words), "--json"])
        said: Line = json.loads(capsys.readouterr().out)
        assert code == (0 if said["whole"] else 1)
        return said

    ann = Actor.schedule("nightly")
    for _ in range(3):
        for verb, subject, outcome, data in KINDS:
            record(verb, subject, actor=ann, outcome=outcome, data=data)
        make_checkpoint()
    deliver(timezone.now())
    write(5)
    found = Log(in_fleet, tmp_path, outside / "alpha-checkpoints.jsonl", key, check)
    found.make()
    yield found


def test_a_whole_log_is_whole_and_what_is_not_proven_is_said(log: Log) -> None:
    outcome = run(log.export, *log.words)
    assert outcome.code == 0 and outcome.said["complete"] and outcome.said["keys_compared"]
    assert (outcome.said["records"], outcome.said["proven"], outcome.said["unproven"]) == (33, 28, 5)
    printed = run(log.export, *log.words, json_too=False).printed
    assert printed.startswith("WHOLE.\n33 records of the fleet alpha, from number 1 to 33: all that there are.")
    assert "Not proven: 5 records behind number 28" in printed
    deliver(timezone.now())
    assert log.found()["unproven"] == 0


def test_without_a_copy_or_a_key_it_says_what_that_means(log: Log) -> None:
    said = log.found("--without-proof")
    assert said["whole"] and (said["proven"], said["unproven"]) == (0, 33)
    words = " ".join(said["sentences"])
    assert "No --public-key was given" in words and "Not proven: 33 records, all of them" in words


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a record."""
    yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in pairs:
        yield from paths(item, (*at, name))


def altered(line: Line, at: tuple[Any, ...]) -> Line:
    """The same with another value there."""
    copy: Any = json.loads(json.dumps(line))
    inner = copy
    for name in at[:-1]:
        inner = inner[name]
    old = inner[at[-1]]
    inner[at[-1]] = old + 1 if type(old) in (int, float) and abs(old) < 1e20 else "mallory" if old != "mallory" else ""
    return copy if isinstance(copy, dict) else {}


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_each_field_of_each_kind_of_record(log: Log, kind: int) -> None:
    lines, number = log.lines, kind + 10
    for at in [at for at in paths(lines[number - 1]) if at]:
        log.write([*lines[: number - 1], altered(lines[number - 1], at), *lines[number:]])
        said = log.found()
        # A hash that is none, or that another record has, is found at the record or at the one that names it.
        assert said["first_bad_record"] in {number, number + 1} and not said["whole"], at


def sealed(lines: list[Line]) -> list[Line]:
    """The chain made to fit again: numbers, predecessors and hashes."""
    lines, previous = json.loads(json.dumps(lines)), "0" * 64
    for number, line in enumerate((line for line in lines if "sequence" in line), 1):
        line |= {"sequence": number, "previous_hash": previous}
        body = {name: value for name, value in line.items() if name != "hash"}
        line["hash"] = previous = sha256(rfc8785.dumps(body)).hexdigest()
    return lines


ALTERATIONS: dict[str, Callable[[list[Line]], list[Line]]] = {
    "removal": lambda lines: lines[:14] + lines[15:],
    "insertion": lambda lines: [*lines[:15], {**lines[14], "outcome": "never"}, *lines[15:]],
    "reorder": lambda lines: [*lines[:14], lines[15], lines[14], *lines[16:]],
    "edit": lambda lines: [*lines[:14], {**lines[14], "outcome": "never"}, *lines[15:]],
    "doubling": lambda lines: [*lines[:15], *lines[14:]],
}


@pytest.mark.parametrize("change", ALTERATIONS)
def test_an_alteration_of_the_export_alone(log: Log, change: str) -> None:
    log.write(ALTERATIONS[change](log.lines))
    assert log.found()["first_bad_record"] in {15, 16}


@pytest.mark.parametrize("change", ALTERATIONS)
def test_an_alteration_after_which_all_hashes_fit(log: Log, change: str) -> None:
    """The three checkpoints stand at 10, 19 and 28."""
    log.write(sealed(ALTERATIONS[change](log.lines)))
    said = log.found()
    assert 11 <= said["first_bad_record"] <= 20 and "in " in said["problem"]
    assert "checkpoint 2 in " in said["problem"]


@pytest.mark.parametrize(
    ("keep", "words"),
    [(slice(0, 20), "cut off behind record 20"), (slice(0, 33), "cut off behind record 33")],
)
def test_an_end_that_is_missing(log: Log, keep: slice, words: str) -> None:
    lines = log.lines
    log.write(lines[keep])
    assert words in log.found()["problem"]
    log.write([*lines[keep][:20], lines[-1]])
    said = log.found()
    assert said["first_bad_record"] in {20, 21} and "fewer hashes" in said["problem"]


def test_records_alone_end_where_the_last_checkpoint_ends(log: Log) -> None:
    log.write(log.lines[:28])
    assert log.found(*log.words, "--without-proof")["whole"]
    log.write(log.lines[:20])
    said = log.found(*log.words, "--without-proof")
    assert said["first_bad_record"] == 21 and "covers 28 records, and 20 are here" in said["problem"]


def test_a_torn_export_is_no_whole_one(log: Log) -> None:
    whole = log.export.read_bytes()
    log.export.write_bytes(whole[: len(whole) // 2])
    said = log.found()
    assert not said["whole"] and "Behind record" in said["problem"]


def export_after(log: Log, *statements: str) -> None:
    """What the database is made to say, with all hashes computed anew, is exported; the installation's key, which signs
    what it reads, signs it too."""
    tamper(*statements)
    forge()
    log.make()


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("UPDATE audit_record SET outcome = 'never' WHERE sequence = 15", range(11, 20)),
        ("DELETE FROM audit_record WHERE sequence = 15", range(11, 20)),
        ("UPDATE audit_record SET actor = 'mallory' WHERE sequence = 1", range(1, 2)),
        ("DELETE FROM audit_record WHERE sequence > 25", range(26, 27)),
    ],
)
def test_somebody_with_the_database_and_the_key(log: Log, statement: str, bad: range) -> None:
    export_after(log, "DELETE FROM audit_checkpoint", statement)
    assert log.found("--key", log.key.public)["whole"], "without the copy outside, nobody can tell"
    said = log.found()
    assert not said["whole"] and "alpha-checkpoints.jsonl" in said["problem"]
    assert said["first_bad_record"] in bad, said


def test_checkpoints_that_were_made_meanwhile_lead_from_the_copy_to_a_selection(log: Log, tmp_path: Path) -> None:
    write(3)
    make_checkpoint()
    write(2)
    log.make(verb="requested")
    said = log.found()
    assert said["whole"] and said["records"] == 3 and said["proven"] == 0
    assert "--from-console" in " ".join(said["sentences"])
    listed = tmp_path / "listed.jsonl"
    listed.write_bytes(b"".join(line.text for line in checkpoints.lines()))
    said = log.found(*log.words, "--from-console", listed)
    assert said["whole"] and said["proven"] == 28 and said["unproven"] == 0


@pytest.mark.parametrize(
    "filters",
    [{"verb": "approved"}, {"subject": "operation:7"}, {"text": "OPS-12"}, {"actor": "test"}, {"actor": "nobody"}],
)
def test_a_selection_is_in_the_log(log: Log, filters: dict[str, str]) -> None:
    log.make(**filters)
    table = log.make_table(**filters)
    for path in (log.export, table):
        said = log.check(path, *log.words)
        assert said["whole"] and not said["complete"] and said["problem"] == ""
    assert filters["actor"] != "nobody" if "actor" in filters and said["records"] else True


def test_each_record_of_a_selection_is_held_against_the_log(log: Log) -> None:
    log.make(verb="approved")
    lines = log.lines
    for at in range(3):
        changed = [{**line} for line in lines]
        changed[at]["outcome"] = "never"
        body = {name: value for name, value in changed[at].items() if name != "hash"}
        changed[at]["hash"] = sha256(rfc8785.dumps(body)).hexdigest()
        log.write(changed)
        said = log.found()
        assert not said["whole"] and said["first_bad_record"] <= lines[at]["sequence"], said
        log.write(lines[:at] + lines[at + 1 :])
        assert not log.found()["whole"]


def test_a_proof_that_was_altered(log: Log) -> None:
    log.make(verb="approved")
    lines = log.lines
    hashes = next(line["hashes"] for line in lines if "hashes" in line)
    for changed in ([*hashes[:-1]], [*hashes, hashes[0]], ["f" * 64, *hashes[1:]]):
        log.write([{"hashes": changed} if "hashes" in line else line for line in lines])
        assert not log.found()["whole"]
    proof = lines[-1]["proof"]
    for at in paths(proof["checkpoint"]["checkpoint"]):
        if at:
            said = altered(proof["checkpoint"]["checkpoint"], at)
            changed_proof = {**proof, "checkpoint": {**proof["checkpoint"], "checkpoint": said}}
            log.write([*lines[:-1], {"proof": changed_proof}])
            assert not log.found()["whole"], at
    log.write([*lines[:-1], {"proof": {**proof, "records": 2}}])
    assert "says that it holds 2 records, and holds 3" in log.found()["problem"]


def test_each_field_of_a_checkpoint_outside(log: Log) -> None:
    lines = log.outside.read_text().splitlines()
    line = json.loads(lines[1])
    for at in [at for at in paths(line) if at and at not in {("checkpoint",), ("consistency",)}]:
        log.outside.write_text("\n".join([lines[0], json.dumps(altered(line, at)), lines[2]]) + "\n")
        said = log.found()
        # What is no checkpoint any more is passed over as a torn line: the one behind it speaks for those records too.
        assert not said["whole"] or (said["proven"] == 28 and "passed over: 1." in " ".join(said["sentences"])), at


def test_a_missing_checkpoint_in_the_copy_is_no_lie(log: Log) -> None:
    lines = log.outside.read_text().splitlines()
    log.outside.write_text(lines[0] + "\n" + lines[1][:100] + "\n" + lines[2] + "\n")
    said = log.found()
    assert said["whole"] and said["proven"] == 28


def test_a_key_that_was_not_given(log: Log, tmp_path: Path) -> None:
    said = log.found("--key", "f" * 64)
    assert not said["whole"] and "none of those given" in said["problem"]
    pem = tmp_path / "public.pem"
    pem.write_text(log.key.public_pem)
    assert log.found("--public-key", pem)["keys_compared"]


def test_a_key_that_was_introduced(log: Log, tmp_path: Path, settings: Settings) -> None:
    new = signing.make(tmp_path / "new.pem", log.key, timezone.now())
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "new.pem")
    log.make()
    deliver(timezone.now())
    for key in (log.key, new):
        said = log.found("--checkpoints", log.outside, "--key", key.public)
        assert said["whole"] and said["proven"] == said["last"] and len(said["keys"]) == 2
    stranger = signing.make(tmp_path / "stranger.pem", None, timezone.now())
    settings.CHECKPOINT_KEY_FILE = str(tmp_path / "stranger.pem")
    log.make()
    assert f"signed by the key {stranger.public}" in log.found()["problem"]


def test_without_a_key_an_export_says_so(log: Log, settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE = ""
    write(2)
    log.make()
    said = log.found()
    assert said["whole"] and said["covered"] == 33 and said["last"] == 35
    assert "Not under it: the last 2 records." in said["sentences"]


def table_of(path: Path) -> tuple[list[list[str]], bytes]:
    with zipfile.ZipFile(path) as archive:
        text = archive.read("changes.csv").decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""))), archive.read("proof.jsonl")


def write_table(path: Path, rows: list[list[str]], proof: bytes) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("changes.csv", text.getvalue())
        archive.writestr("proof.jsonl", proof)


def test_a_table_is_verified_by_its_canonical_column(log: Log, tmp_path: Path) -> None:
    path = log.make_table()
    outcome = run(path, *log.words)
    assert outcome.code == 0 and outcome.said["complete"] and outcome.said["proven"] == 28
    rows, proof = table_of(path)
    for column in range(len(rows[0])):
        changed = [list(row) for row in rows]
        changed[15][column] = changed[15][column].replace("1", "2") + "x"
        write_table(path, changed, proof)
        said = log.check(path, *log.words)
        assert said["first_bad_record"] == 15, rows[0][column]
    bare = tmp_path / "changes.csv"
    with bare.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert log.check(bare, *log.words, "--without-proof")["first_bad_record"] is None


def test_a_table_holds_no_formula(log: Log) -> None:
    rows, _ = table_of(log.make_table())
    cells = {cell for row in rows[1:] for cell in row}
    assert "'=SUM(A1)" in cells and "'-5 s" in cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@pytest.mark.parametrize("content", [b"", b"no json\n", b"PK\x03\x04 no zip", b"{}\n"])
def test_what_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "export"
    path.write_bytes(content)
    outcome = run(path, json_too=False)
    assert outcome.code == 2 and ("is no export" in outcome.printed or "holds no record" in outcome.printed)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    outcome = run(tmp_path / "nothing", json_too=False)
    assert outcome.code == 2 and "cannot be read: No such file" in outcome.printed
    (tmp_path / "export").write_bytes(b"")
    outcome = run(tmp_path / "export", "--checkpoints", tmp_path / "export", json_too=False)
    assert outcome.code == 2 and "holds no checkpoint" in outcome.printed


def test_one_of_another_fleet(log: Log, other_fleet: Fleet) -> None:
    lines = log.outside.read_text().replace('"fleet":"alpha"', '"fleet":"beta"')
    log.outside.write_text(lines)
    assert "does not carry the signature" in log.found()["problem"]
    assert WHO.name == "test"
