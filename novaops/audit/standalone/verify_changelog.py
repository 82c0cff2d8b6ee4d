#!/usr/bin/env python3
"""Verifies an export of a NovaOps change log. Needs Python 3.10 or later and the package `cryptography`, nothing else.

    python3 verify_changelog.py EXPORT [--checkpoints FILE ...] [--public-key FILE ...] [--archive FILE ...] [--json]

EXPORT is what NovaOps exported: JSON lines, or the zip file with the table. --checkpoints is what a place outside the
database was given: without it, nobody can say that the past was not written anew by somebody who has both the database
and the key. --public-key is the key that you were given, not the one that an export names. --from-console is the list
of checkpoints that the console itself offers: it proves nothing, and leads from a copy outside to the export's own.
--archive is what was taken away from the beginning of the log, the oldest first: both are then verified as one.

Exit: 0 whole, 1 not whole (the first bad record is named), 2 unusable input.

This file shares no code with the console: it is a second opinion. It is meant to be read."""

import argparse
import csv
import io
import json
import re
import shutil
import sys
import tempfile
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
except ImportError:
    print("This needs the Python package `cryptography`: pip install cryptography", file=sys.stderr)
    sys.exit(2)

GENESIS = "0" * 64
HEX = re.compile("[0-9a-f]{64}")


class Unusable(Exception):
    """What was given cannot be read at all: a sentence."""


class Bad(Exception):
    """Something is not what was written. `sequence` is the first record that is bad, or may be."""

    def __init__(self, sequence: int, sentence: str) -> None:
        super().__init__(sentence)
        self.sequence = sequence


# ---------------------------------------------------------------- canonical JSON: RFC 8785

LARGEST = 2**53 - 1
# A number stands behind a colon, a bracket or a comma; the seconds of a time, 09.000120Z", are none. In other texts
# this may match too: that costs time, nothing else.
UNUSUAL = re.compile(r"[:\[,]\s*-?(?:\d+[.eE](?!\d{6}Z\")|\d{16})|\\u|[\U00010000-\U0010ffff]")
PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def parse(text: str) -> Any:
    """ValueError for what is no JSON, and for what readers of JSON may understand differently."""
    return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)


def canonical(value: Any, text: str) -> bytes:
    """The one form of a value that was read from `text`. Python's own writer has it but for fractions, large numbers,
    and keys beyond U+FFFF: where the text may hold one of those, it is written the slow way."""
    if UNUSUAL.search(text):
        return _written(value).encode()
    return PLAIN(value).encode()


def slowly(value: Any) -> bytes:
    return _written(value).encode()


def _written(value: Any) -> str:
    if isinstance(value, dict):
        # Keys in the order of their UTF-16 code units.
        ordered = sorted(value.items(), key=lambda item: str(item[0]).encode("utf-16-be"))
        return "{" + ",".join(f"{_written(str(name))}:{_written(item)}" for name, item in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        raise ValueError(f"Canonical JSON has no number {value}.")
    return PLAIN(value)


def _number(value: float) -> str:
    """As ECMAScript writes it: the shortest digits that give the same number."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("Canonical JSON has no such number.")
    if value == 0:
        return "0"
    sign, digits, point = _shortest(value)
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    exponent = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return f"{sign}{digits[0]}{'.' if count > 1 else ''}{digits[1:]}{exponent}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Its sign, its digits, and where the point stands behind the first of them."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return "-" if value < 0 else "", digits.rstrip("0"), point


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name stands twice in one object.")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON.")


# ---------------------------------------------------------------- the tree over the records: RFC 9162, 2.1


def leaf(record_hash: str) -> bytes:
    return sha256(b"\x00" + bytes.fromhex(record_hash)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def levels(start: int, end: int) -> Iterator[int]:
    """The heights of the fewest whole subtrees over the leaves from `start` up to `end`, from left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level
        start += 1 << level


class Tree:
    """Grows to the right, by leaves and by whole subtrees; keeps no more than one hash for each of its heights."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[tuple[int, bytes]] = []

    def add(self, level: int, part: bytes) -> None:
        self.size += 1 << level
        while self._parts and self._parts[-1][0] == level:
            part, level = node(self._parts.pop()[1], part), level + 1
        self._parts.append((level, part))

    @property
    def root(self) -> str:
        if not self._parts:
            return ""
        found = self._parts[-1][1]
        for _, left in reversed(self._parts[:-1]):
            found = node(left, found)
        return found.hex()


# ---------------------------------------------------------------- checkpoints


@dataclass
class Checkpoint:
    """A signed statement of what the log was. `before` and `added` are the subtrees of the checkpoint before it, and of
    the records since: they prove that nothing was rewritten in between."""

    said: dict[str, Any]
    digest: str
    signed: bool
    where: str
    before: list[str] | None = None
    added: list[str] | None = None
    introduces: tuple[str, str] | None = None

    @property
    def number(self) -> int:
        return int(self.said["number"])

    @property
    def sequence(self) -> int:
        return int(self.said["sequence"])

    @property
    def name(self) -> str:
        return f"checkpoint {self.number} in {self.where}"


NUMBERS = ("number", "sequence", "pruned", "version")
TEXTS = ("type", "fleet", "chain", "head", "root", "recorded_at", "made_at", "key", "previous")


def checkpoint_of(content: Any, where: str) -> Checkpoint:
    """ValueError for what is no checkpoint."""
    said = content.get("checkpoint") if isinstance(content, dict) else None
    if not isinstance(said, dict) or set(said) != {*NUMBERS, *TEXTS}:
        raise ValueError("It is no checkpoint.")
    if not all(type(said[name]) is int for name in NUMBERS) or not all(isinstance(said[name], str) for name in TEXTS):
        raise ValueError("It is no checkpoint.")
    if (said["type"], said["version"]) != ("novaops checkpoint", 1) or min(said["number"], said["sequence"]) < 1:
        raise ValueError("It is no checkpoint of version 1.")
    text = slowly(said)
    signed = is_signed(text, content.get("signature"), said["key"])
    proof = content.get("consistency") or {}
    introduced = _introduced(content.get("introduction"))
    return Checkpoint(
        said, sha256(text).hexdigest(), signed, where, proof.get("before"), proof.get("added"), introduced
    )


def is_signed(text: bytes, signature: Any, key: Any) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _introduced(content: Any) -> tuple[str, str] | None:
    """Which key introduces which, when it signed that."""
    said = content.get("introduction") if isinstance(content, dict) else None
    if not isinstance(said, dict) or said.get("type") != "novaops key introduction":
        return None
    by, new = said.get("by"), said.get("key")
    signed = is_signed(slowly(said), content.get("signature"), by)
    return (str(by), str(new)) if signed else None


@dataclass
class Book:
    """All checkpoints that were given, by their numbers; `outside` are the numbers of those that came from there."""

    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    outside: set[int] = field(default_factory=set)
    torn: int = 0

    def add(self, one: Checkpoint, outside: bool) -> None:
        if not one.signed:
            raise Bad(one.sequence, f"{_capital(one.name)} does not carry the signature of the key that it names.")
        known = self.checkpoints.setdefault(one.number, one)
        if known.digest != one.digest:
            first = min(known.sequence, one.sequence)
            raise Bad(first, f"{_capital(one.name)} is another than {known.name}: the log was made anew in between.")
        if known.before is None:
            known.before, known.added = one.before, one.added
        if outside:
            self.outside.add(one.number)

    def check(self) -> None:
        """That they are of one chain, in one order, and each only adds to the one before it."""
        before = None
        for number in sorted(self.checkpoints):
            one = self.checkpoints[number]
            if before:
                self._require_order(before, one)
            if before and before.number == number - 1:
                self._require_step(before, one)
            before = one

    def _require_order(self, before: Checkpoint, one: Checkpoint) -> None:
        for name, words in (("chain", "another chain"), ("fleet", "another fleet")):
            if one.said[name] != before.said[name]:
                raise Bad(1, f"{_capital(one.name)} belongs to {words} than {before.name}.")
        if one.sequence <= before.sequence:
            words = f"{_capital(one.name)} covers {one.sequence} records, and {before.name} covered {before.sequence}"
            raise Bad(one.sequence + 1, f"{words}: the end was cut off in between.")

    def _require_step(self, before: Checkpoint, one: Checkpoint) -> None:
        if one.said["previous"] != before.digest:
            raise Bad(before.sequence, f"{_capital(one.name)} does not follow {before.name}: it names another digest.")
        # Syslog has the signed words alone.
        if one.before is not None and one.added is not None and not _only_adds(before, one):
            raise Bad(1, f"{_capital(one.name)} does not prove that it only adds to {before.name}.")

    def leads(self, first: int, last: int) -> bool:
        """Whether every step from the one to the other is here, with its proof that it only adds."""
        first, last = sorted((first, last))
        steps = (self.checkpoints.get(number) for number in range(first + 1, last + 1))
        return first in self.checkpoints and all(one is not None and one.before is not None for one in steps)

    def stranger(self, keys: set[str]) -> Checkpoint | None:
        """The first checkpoint that no known key vouches for. A key vouches for what it signed, for what leads to that,
        and for the keys that it introduced."""
        known, found, before = set(keys), None, 0
        for number in sorted(self.checkpoints):
            one = self.checkpoints[number]
            if found and number != before + 1:
                return found
            if one.introduces and one.introduces[0] in known:
                known.add(one.introduces[1])
            found = None if one.said["key"] in known else found or one
            before = number
        return found


def _only_adds(before: Checkpoint, one: Checkpoint) -> bool:
    """The subtrees of the earlier tree give its root, and with those that came they give the later one's."""
    tree = Tree()
    try:
        for level, part in zip(levels(0, before.sequence), one.before or [], strict=True):
            tree.add(level, bytes.fromhex(part))
        earlier = tree.root
        for level, part in zip(levels(before.sequence, one.sequence), one.added or [], strict=True):
            tree.add(level, bytes.fromhex(part))
    except (ValueError, TypeError):
        return False
    return (earlier, tree.root) == (before.said["root"], one.said["root"])


def read_checkpoints(book: Book, path: Path, outside: bool) -> None:
    """Lines that a crash cut off are passed over: what stood in them was written again behind them."""
    found = 0
    with _opened(path) as file:
        for line in file:
            text = line.decode("utf-8", "replace")
            # Syslog puts its own words in front.
            start = text.find('{"checkpoint"')
            try:
                one = checkpoint_of(parse(text[max(start, 0) :]), str(path))
            except ValueError:
                book.torn += bool(text.strip())
                continue
            book.add(one, outside)
            found += 1
    if not found:
        raise Unusable(f"{path} holds no checkpoint.")


# ---------------------------------------------------------------- what was taken away from the beginning


@dataclass(frozen=True)
class Pruning:
    """A signed statement that the records `first` to `last` went into an archive, and that the log begins behind."""

    said: dict[str, Any]
    digest: str

    @property
    def name(self) -> str:
        return f"pruning {self.said['number']}"


PRUNING_NUMBERS = ("number", "first", "last", "checkpoint", "archive_bytes", "version")
PRUNING_TEXTS = (
    *("type", "fleet", "chain", "head", "root", "checkpoint_digest", "archive", "made_at", "key", "previous"),
)
PRUNED = "change log pruned"


def prunings_of(said: dict[str, Any] | None) -> list[Pruning]:
    """Those that an export names, each signed, in their order, and of one chain; the last one says where it begins."""
    found: list[Pruning] = []
    digest, first = GENESIS, 1
    for number, content in enumerate((said or {}).get("prunings") or [], 1):
        one = _pruning(content)
        if (one.said["number"], one.said["previous"], one.said["first"]) != (number, digest, first):
            raise Bad(first, f"{_capital(one.name)} does not follow the one before it.")
        if one.said["chain"] != (found or [one])[0].said["chain"]:
            raise Bad(first, f"{_capital(one.name)} belongs to another chain than the one before it.")
        found.append(one)
        digest, first = one.digest, one.said["last"] + 1
    return found


def _pruning(content: Any) -> Pruning:
    said = content.get("pruning") if isinstance(content, dict) else None
    if not isinstance(said, dict) or set(said) != {*PRUNING_NUMBERS, *PRUNING_TEXTS}:
        raise Bad(1, "The export names a pruning that is none.")
    numbers, texts = (said[name] for name in PRUNING_NUMBERS), (said[name] for name in PRUNING_TEXTS)
    fits = all(type(one) is int for one in numbers) and all(isinstance(one, str) for one in texts)
    if not fits or (said["type"], said["version"]) != ("novaops pruning", 1) or not 1 <= said["first"] <= said["last"]:
        raise Bad(1, "The export names a pruning that is none.")
    text = slowly(said)
    if not is_signed(text, content.get("signature"), said["key"]):
        number = said["number"]
        raise Bad(said["first"], f"Pruning {number} does not carry the signature of the key that it names.")
    return Pruning(said, sha256(text).hexdigest())


# ---------------------------------------------------------------- what is exported


@dataclass
class Entry:
    """One record as it is exported: its number, what it says, its canonical form without its hash, and that hash."""

    sequence: int
    said: dict[str, Any]
    text: bytes
    hash: str


FIELDS = ("sequence", "at", "actor_kind", "actor", "person_id", "verb", "subject", "outcome", "data", "previous_hash")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Export:
    """`said` is what the export says of itself in its last line, its proof; None when it has none. `entries()` gives
    its records, and when those are read, `hashes` are those of the subtrees between them."""

    def __init__(self, path: str, stack: ExitStack) -> None:
        self.path, self.hashes = path, bytearray()
        self.said: dict[str, Any] | None = None
        self.entries: Callable[[], Iterator[Entry]]
        self._last, self._ended = 0, False
        if path != "-" and zipfile.is_zipfile(path):
            self._open_zip(stack.enter_context(zipfile.ZipFile(path)), stack)
        else:
            self._open_file(stack.enter_context(_kept() if path == "-" else _opened(Path(path))))

    def _open_file(self, file: BinaryIO) -> None:
        beginning = file.read(16).removeprefix(b"\xef\xbb\xbf")
        is_table = beginning.startswith(b"sequence,")
        if not is_table:
            self.said = _said_by(_last_line(file))
        file.seek(0)
        self.entries = lambda: self._table(file) if is_table else self._lines(file)

    def _open_zip(self, archive: zipfile.ZipFile, stack: ExitStack) -> None:
        try:
            table, proof = archive.open("changes.csv"), archive.open("proof.jsonl")
        except KeyError as error:
            raise Unusable(f"{self.path} is no export: it holds no changes.csv and proof.jsonl.") from error
        lines = stack.enter_context(proof).readlines()
        self.said = _said_by(lines[-1]) if lines else None
        self.entries = lambda: self._both(stack.enter_context(table), lines)

    def _both(self, table: Any, lines: list[bytes]) -> Iterator[Entry]:
        yield from self._table(table)
        for entry in self._lines(lines):
            raise self._no_record(f"record {entry.sequence} is among the lines of the proof")

    def _lines(self, file: Iterable[bytes]) -> Iterator[Entry]:
        for line in file:
            try:
                text = line.decode()
                content = parse(text)
            except ValueError as error:
                raise self._no_record(str(error)) from error
            if self._ended:
                raise self._no_record("it stands behind the proof")
            if isinstance(content, dict) and ("hashes" in content or "proof" in content):
                self._hear(content)
            else:
                yield self._entry(content, text, line.endswith(b"\n"))

    def _hear(self, content: dict[str, Any]) -> None:
        self._ended = "proof" in content
        try:
            for one in content.get("hashes", ()):
                self.hashes += bytes.fromhex(one)
        except (ValueError, TypeError) as error:
            raise self._no_record("the proof holds what is no hash") from error

    def _entry(self, content: Any, text: str, ended: bool = True) -> Entry:
        """A record that is none is bad, and the one behind the last good one."""
        if not isinstance(content, dict) or set(content) != {*FIELDS, "hash"} or not ended:
            raise self._no_record("it does not have the fields of a record")
        digest = content.pop("hash")
        sequence = content["sequence"]
        if type(sequence) is not int or not all(_is_hash(one) for one in (digest, content["previous_hash"])):
            raise self._no_record("its number or one of its hashes is none")
        try:
            written = canonical(content, text)
        except ValueError as error:
            raise self._no_record(str(error)) from error
        self._last = sequence
        return Entry(sequence, content, written, digest)

    def _table(self, file: Any) -> Iterator[Entry]:
        csv.field_size_limit(2**31 - 1)
        rows = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True)
        try:
            if next(rows, None) != [*FIELDS, "hash", "canonical"]:
                raise Unusable(f"{self.path} has other columns than an export.")
            for row in rows:
                yield self._row(row)
        except (csv.Error, UnicodeError) as error:
            raise self._no_record(str(error)) from error

    def _row(self, row: list[str]) -> Entry:
        """What the columns say must be what the canonical form says, which is what was hashed."""
        if len(row) != len(FIELDS) + 2:
            raise self._no_record("a row has another number of columns")
        try:
            content = parse(row[-1])
        except ValueError as error:
            raise self._no_record(str(error)) from error
        entry = self._entry({**content, "hash": row[-2]} if isinstance(content, dict) else content, row[-1])
        for name, cell in zip(FIELDS, row, strict=False):
            if not _shows(name, cell, entry.said[name]):
                raise Bad(entry.sequence, f"Record {entry.sequence} shows another {name} than the one that was hashed.")
        return entry

    def _no_record(self, why: str) -> Bad:
        if self.said is None and not self._last:
            raise Unusable(f"{self.path} is no export of a change log: {why}.")
        return Bad(self._last + 1, f"Behind record {self._last} stands what is no record: {why}.")


def _shows(name: str, cell: str, said: Any) -> bool:
    if name == "data":
        try:
            return bool(slowly(parse(cell)) == slowly(said))
        except ValueError:
            return False
    text = "" if said is None else str(said)
    return cell == (f"'{text}" if text.startswith(FORMULA) else text)


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and HEX.fullmatch(text) is not None


def _said_by(line: bytes) -> dict[str, Any] | None:
    try:
        content = parse(line.decode())
    except ValueError:
        return None
    said = content.get("proof") if isinstance(content, dict) else None
    return said if isinstance(said, dict) else None


def _last_line(file: BinaryIO) -> bytes:
    """It is read before the others: it names the checkpoint that they are held against."""
    end, tail = file.seek(0, 2), b""
    while end and b"\n" not in tail.rstrip(b"\n"):
        start = max(0, end - 65536)
        file.seek(start)
        tail, end = file.read(end - start) + tail, start
    return tail.rstrip(b"\n").rpartition(b"\n")[2]


def _kept() -> BinaryIO:
    """What comes in a stream, in a file: its end is needed first."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever reads it closes it
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.seek(0)
    return file


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error


# ---------------------------------------------------------------- along the records


class Walk:
    """Along the records of an export, each held against its own hash, its predecessor, and the checkpoints over it. As
    long as there is no gap it keeps no more than the tree; behind the first one, 40 bytes of each record."""

    def __init__(self, book: Book, gapless: bool = False, gone: int = 0, prunings: Iterable[Pruning] = ()) -> None:
        """`gapless`: the export says that nothing is left out, behind record `gone`, the last that was pruned."""
        self.book, self.begins, self.next = book, gone + 1, gone + 1
        self.told: set[str] = set()
        """The digests of the prunings of which records tell."""
        self._pruned = {one.said["last"]: one for one in prunings}
        self.count, self.first, self.last, self.gaps = 0, 0, 0, 0
        self.compared: set[int] = set()
        """The numbers of the checkpoints whose tree was the one of these records."""
        self._head, self._spoken = GENESIS, 0
        self._tree = Tree()
        self._leaves, self._waiting = array("q"), bytearray()
        self._gapless = gapless
        several = sorted(book.checkpoints.values(), key=lambda one: one.number in book.outside)
        self._places = {one.sequence: one for one in several}

    def to(self, entry: Entry) -> None:
        number, previous = entry.sequence, entry.said["previous_hash"]
        if number <= self.last:
            raise Bad(number, f"Record {number} stands behind record {self.last}: they were put in another order.")
        if self._gapless and number != self.next:
            raise Bad(self.next, f"Record {self.next} is missing: record {number} stands in its place.")
        if number == self.last + 1 and previous != self._head:
            raise Bad(number, f"Record {number} does not follow its predecessor: it names another hash than that has.")
        if sha256(entry.text).hexdigest() != entry.hash:
            raise Bad(number, f"Record {number} was altered: its content does not give its hash.")
        self._hold_against(number - 1, previous, number)
        self._hold_against(number, entry.hash, number)
        if entry.said["verb"] == PRUNED and isinstance(entry.said["data"], dict):
            self.told.add(str(entry.said["data"].get("statement")))
        self._keep(entry)

    def end(self, size: int, hashes: bytearray) -> None:
        """To the end of the tree of `size` records, across the gaps, by the hashes of the subtrees in them."""
        between = _Hashes(hashes)
        for place, at in enumerate(self._leaves):
            if at >= size:
                break
            self._over(at, between)
            self._grow(0, bytes(self._waiting[32 * place : 32 * place + 32]))
        self._over(size, between)
        if between.left:
            raise Bad(self._unsure, "The proof holds more hashes than there are gaps between the records.")

    def behind(self, sequence: int) -> int:
        """How many of the records have a larger number."""
        before_gaps = self.count - len(self._leaves)
        return max(0, before_gaps - sequence) + len(self._leaves) - bisect_left(self._leaves, sequence)

    @property
    def _unsure(self) -> int:
        """The first record for which no checkpoint has spoken yet."""
        return max(self.first, self._spoken + 1, 1)

    def _keep(self, entry: Entry) -> None:
        waits = self._leaves or entry.sequence != self._tree.size + 1
        self.gaps += entry.sequence != self.last + 1 and self.count > 0
        self.first, self.last, self._head = self.first or entry.sequence, entry.sequence, entry.hash
        self.count, self.next = self.count + 1, entry.sequence + 1
        if waits:
            self._leaves.append(entry.sequence - 1)
            self._waiting += leaf(entry.hash)
        else:
            self._grow(0, leaf(entry.hash))

    def _over(self, end: int, hashes: "_Hashes") -> None:
        for level in levels(self._tree.size, end):
            part = hashes.next()
            if part is None:
                raise Bad(self._unsure, "The proof holds fewer hashes than there are gaps between the records.")
            self._grow(level, part)

    def _grow(self, level: int, part: bytes) -> None:
        self._tree.add(level, part)
        gone = self._pruned.get(self._tree.size)
        if gone and gone.said["root"] != self._tree.root:
            raise Bad(gone.said["first"], f"What {gone.name} took away is not what was here: it has another root.")
        one = self._places.get(self._tree.size)
        if one is None:
            return
        if self._tree.root != one.said["root"]:
            which = f"One of the records {self._unsure} to {one.sequence}"
            which = which if self._unsure < one.sequence else f"Record {one.sequence}"
            raise Bad(self._unsure, f"{which} is not what {one.name} signed on {one.said['made_at']}.")
        self._spoken = one.sequence
        self.compared.add(one.number)

    def _hold_against(self, sequence: int, digest: str, number: int) -> None:
        """A checkpoint names the hash of the record at its place, too, and that of the first one; so does a pruning."""
        one = self._places.get(sequence)
        gone = self._pruned.get(sequence)
        if gone and gone.said["head"] != digest:
            raise Bad(number, f"Record {number} does not follow what {gone.name} took away: it names another hash.")
        if one and one.said["head"] != digest:
            raise Bad(number, f"Record {number} is not in the chain that {one.name} signed on {one.said['made_at']}.")
        first = next(iter(self._places.values()), None) if sequence == 1 else None
        if first and first.said["chain"] != digest:
            raise Bad(1, f"Record 1 is another than the one that {first.name} names: it belongs to another chain.")


class _Hashes:
    def __init__(self, several: bytearray) -> None:
        self._several, self._at = several, 0

    @property
    def left(self) -> int:
        return len(self._several) - self._at

    def next(self) -> bytes | None:
        found = bytes(self._several[self._at : self._at + 32])
        self._at += len(found)
        return found or None


# ---------------------------------------------------------------- the verdict


@dataclass
class Verdict:
    """`covered` is the last record under the export's own checkpoint, `proven` the last one that was the same when a
    copy of a checkpoint was put outside; `unproven` is how many records of the export lie behind it. `pruned` is the
    last record that was taken away with leave and is not here, in one of the `archives` that were given, either."""

    whole: bool = True
    first_bad_record: int | None = None
    problem: str = ""
    fleet: str = ""
    records: int = 0
    first: int = 0
    last: int = 0
    complete: bool = False
    checkpoint: int | None = None
    covered: int = 0
    proven: int = 0
    unproven: int = 0
    pruned: int = 0
    archives: int = 0
    keys: list[str] = field(default_factory=list)
    keys_compared: bool = False
    sentences: list[str] = field(default_factory=list)


def verify(arguments: argparse.Namespace) -> Verdict:
    keys = {*arguments.key, *(key for path in arguments.public_key for key in public_keys(path))}
    book, verdict = Book(), Verdict(keys_compared=bool(keys))
    walk = Walk(book)
    try:
        for paths, outside in ((arguments.checkpoints, True), (arguments.from_console, False)):
            for path in paths:
                read_checkpoints(book, path, outside)
        with ExitStack() as stack:
            export = Export(arguments.export, stack)
            own, prunings = _own_checkpoint(export), prunings_of(export.said)
            archives = [Export(str(path), stack) for path in arguments.archive]
            several = [_own_checkpoint(archive) for archive in archives]
            conflict = _conflict(book, [*several, own])
            gapless = export.said is not None and not export.said.get("filters")
            if archives and not gapless:
                raise Unusable("--archive goes with an export of the whole log, which has no filters.")
            walk = Walk(book, gapless, _gone((archives or [export])[0]), prunings)
            for archive in archives:
                _over_archive(walk, archive, prunings)
            # What an archive holds as records, the export has as hashes.
            instead = archives[0].hashes[: _hashes_before(archives[0])] if archives else None
            _along(walk, export, own, arguments.without_proof, instead)
        _require_end(walk, own, conflict)
        _require_trust(book, keys, prunings)
        _require_leave(walk, own, prunings)
        _conclude(verdict, walk, export, own)
        _about_pruned(verdict, walk, prunings, len(archives))
    except Bad as bad:
        verdict.whole, verdict.problem, verdict.first_bad_record = False, str(bad), bad.sequence
        verdict.records, verdict.first, verdict.last = walk.count, walk.first, walk.last
    return verdict


def _own_checkpoint(export: Export) -> Checkpoint | None:
    content = export.said.get("checkpoint") if export.said else None
    try:
        return None if content is None else checkpoint_of(content, "the export")
    except (ValueError, TypeError, AttributeError) as error:
        raise Bad(1, "The proof of the export names a checkpoint that is none.") from error


def _conflict(book: Book, several: list[Checkpoint | None]) -> Bad | None:
    """What is wrong among the checkpoints themselves. The records are read all the same: they tell where it begins."""
    try:
        for own in several:
            if own:
                book.add(own, outside=False)
        book.check()
    except Bad as bad:
        return bad
    return None


def _gone(export: Export) -> int:
    """The last record that is not to be expected in it."""
    prunings = prunings_of(export.said)
    return int(prunings[-1].said["last"]) if prunings else 0


def _over_archive(walk: Walk, archive: Export, prunings: list[Pruning]) -> None:
    """It is the very file that one of the prunings names."""
    begins = walk.next
    for entry in archive.entries():
        walk.to(entry)
    one = next((one for one in prunings if (one.said["first"], one.said["last"]) == (begins, walk.last)), None)
    if one is None:
        raise Bad(begins, f"{archive.path} holds records {begins} to {walk.last}; no pruning of this log names those.")
    if _digest_of(Path(archive.path)) != one.said["archive"]:
        raise Bad(begins, f"{archive.path} is not the archive that {one.name} names: it was altered since.")


def _digest_of(path: Path) -> str:
    digest = sha256()
    with _opened(path) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _hashes_before(export: Export) -> int:
    """How many bytes of its hashes stand for what was taken away before it."""
    return 32 * len(list(levels(0, _gone(export))))


def _require_leave(walk: Walk, own: Checkpoint | None, prunings: list[Pruning]) -> None:
    """What is not here was taken away with leave: a statement is signed, and the log itself tells of it."""
    pruned = own.said["pruned"] if own else 0
    if pruned and pruned not in {one.said["last"] for one in prunings}:
        sentence = f"Records up to {pruned} were taken away, and no signed statement of that is here."
        raise Bad(pruned + 1, sentence)
    for one in prunings:
        if pruned == one.said["last"] and not walk.gaps and walk.first == walk.begins and one.digest not in walk.told:
            raise Bad(walk.last + 1, f"No record tells of {one.name}.")


def _require_trust(book: Book, keys: set[str], prunings: list[Pruning]) -> None:
    stranger = book.stranger(keys) if keys else None
    if stranger:
        who = f"the key {stranger.said['key']}, which is none of those given, and was introduced by none of them"
        raise Bad(stranger.sequence, f"{_capital(stranger.name)} is signed by {who}.")
    known = keys | {one.said["key"] for one in book.checkpoints.values()}
    for one in prunings if keys else ():
        if one.said["key"] not in known:
            raise Bad(one.said["first"], f"{_capital(one.name)} is signed by the key {one.said['key']}: none of those.")


def _along(walk: Walk, export: Export, own: Checkpoint | None, without_proof: bool, instead: bytearray | None) -> None:
    before = walk.count
    for entry in export.entries():
        walk.to(entry)
    if export.said is None and not walk.count:
        raise Unusable(f"{export.path} holds no record and no proof.")
    if export.said is None and not without_proof:
        raise Bad(walk.last + 1, f"The export ends without its proof: it was cut off behind record {walk.last}.")
    if own:
        hashes = export.hashes if instead is None else instead + export.hashes[_hashes_before(export) :]
        walk.end(own.sequence, hashes)
    held = walk.count - before
    if export.said and export.said.get("records") != held:
        stated = export.said.get("records")
        raise Bad(walk.last + 1, f"The export says that it holds {stated} records, and holds {held}.")


def _require_end(walk: Walk, own: Checkpoint | None, conflict: Bad | None) -> None:
    """A log that is here from its beginning ends no earlier than a checkpoint outside, unless that one follows its own:
    then it was made later."""
    beyond = [one for one in walk.book.checkpoints.values() if one.sequence > walk.last]
    if beyond and walk.first == walk.begins and not walk.gaps and (own is None or conflict):
        last = max(beyond, key=lambda one: one.sequence)
        words = f"{last.name} covers {last.sequence} records, and {walk.last} are here"
        raise Bad(walk.last + 1, f"The end is missing: {words}.")
    if conflict:
        raise conflict


def _conclude(verdict: Verdict, walk: Walk, export: Export, own: Checkpoint | None) -> None:
    said = export.said or {}
    verdict.records, verdict.first, verdict.last = walk.count, walk.first, walk.last
    verdict.fleet = own.said["fleet"] if own else str(said.get("fleet", ""))
    verdict.checkpoint, verdict.covered = (own.number, own.sequence) if own else (None, 0)
    verdict.complete = not walk.gaps and walk.first == walk.begins and walk.last >= verdict.covered
    verdict.keys = sorted({one.said["key"] for one in walk.book.checkpoints.values()})
    verdict.proven = _proven(walk, own)
    verdict.unproven = walk.behind(verdict.proven)
    found = (_about_records(verdict, walk, said), _about_own(verdict, walk, own, said), _about_outside(verdict, walk))
    verdict.sentences = [sentence for several in found for sentence in several]


def _proven(walk: Walk, own: Checkpoint | None) -> int:
    """By a copy outside whose own tree was compared, or one that leads to the checkpoint of the export."""
    book = walk.book
    found = max((book.checkpoints[one].sequence for one in book.outside & walk.compared), default=0)
    for number in sorted(book.outside, reverse=True):
        if own and book.leads(number, own.number):
            return max(found, min(own.sequence, book.checkpoints[number].sequence))
    return found


def _about_records(verdict: Verdict, walk: Walk, said: dict[str, Any]) -> Iterator[str]:
    of_fleet = f" of the fleet {verdict.fleet}" if verdict.fleet else ""
    if not verdict.records:
        yield f"No records{of_fleet}."
        return
    filters = said.get("filters") or {}
    part = "a part of the log" if walk.gaps else "a part of the log, without a gap"
    every = "all that there are" if walk.begins == 1 else "all that are left"
    which = every if verdict.complete else part
    yield (
        f"{_many(verdict.records)}{of_fleet}, from number {verdict.first} to {verdict.last}: {which}. Each gives its "
        "hash, and names its predecessor where that is here."
    )
    if filters:
        words = ", ".join(f"{name} {value}" for name, value in sorted(filters.items()))
        missing = "left out of them" if walk.gaps else "left out before or behind them"
        yield f"They were chosen by {words}. That nothing was {missing} is not proven."


def _about_pruned(verdict: Verdict, walk: Walk, prunings: list[Pruning], archives: int) -> None:
    verdict.archives, verdict.pruned = archives, walk.begins - 1
    gone = [one for one in prunings if one.said["last"] < walk.begins]
    if archives:
        several = "The archive" if archives == 1 else f"The {archives} archives"
        verdict.sentences.append(f"{several} and what is left are one log, without a gap.")
    for one in gone:
        said = one.said
        verdict.sentences.append(
            f"Not here: records {said['first']} to {said['last']}, which {one.name}, signed on {said['made_at']}, took "
            f"away into the archive of SHA-256 {said['archive']}. Give it as --archive to verify both as one."
        )


def _about_own(verdict: Verdict, walk: Walk, own: Checkpoint | None, said: dict[str, Any]) -> Iterator[str]:
    if own is None:
        yield f"The export holds no signed checkpoint. {said.get('problem', '')}".strip()
        return
    uncovered = walk.behind(own.sequence)
    yield (
        f"Checkpoint {own.number} covers the log up to record {own.sequence}, signed on {own.said['made_at']} with the "
        f"key {own.said['key']}."
    )
    yield f"Not under it: the last {_many(uncovered)}." if uncovered else "Each of these records is in that log."
    if not verdict.keys_compared:
        yield (
            "No --public-key was given: compare that key with the one that you were given on another way. Anybody can "
            "sign with a key of their own."
        )


def _about_outside(verdict: Verdict, walk: Walk) -> Iterator[str]:
    if walk.book.torn:
        yield f"Lines that are no checkpoint, as when a crash cut one off, and were passed over: {walk.book.torn}."
    if not walk.book.outside:
        yield (
            f"No checkpoint from outside was given. Not proven: {_many(verdict.records)}, all of them, against "
            "somebody who has both the database and the key."
        )
        return
    if not verdict.proven:
        yield (
            "The checkpoints from outside cannot be compared with this export: give --from-console the list that the "
            "console offers, which leads from them to the export's own, or verify a complete export."
        )
        return
    yield (
        f"Copies of checkpoints outside prove what lies up to record {verdict.proven}: it was the same when they were "
        "put there."
    )
    if verdict.unproven:
        yield (
            f"Not proven: {_many(verdict.unproven)} behind number {verdict.proven}, made after the last checkpoint "
            "that lies outside."
        )


# ---------------------------------------------------------------- the command


def public_keys(path: Path) -> list[str]:
    """Those in a PEM file, as 64 hex digits each."""
    with _opened(path) as file:
        blocks = re.findall(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", file.read(), re.DOTALL)
    try:
        found = [load_pem_public_key(block) for block in blocks]
    except ValueError:
        found = []
    if not found or not all(isinstance(one, Ed25519PublicKey) for one in found):
        raise Unusable(f"{path} holds no public Ed25519 key in PEM.")
    return [one.public_bytes(Encoding.Raw, PublicFormat.Raw).hex() for one in found]


def _key(text: str) -> str:
    if not _is_hash(text):
        raise argparse.ArgumentTypeError("a public key is 64 hex digits")
    return text


def _many(records: int) -> str:
    return "1 record" if records == 1 else f"{records} records"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", help="the exported file; - for the standard input")
    files: dict[str, Any] = {"nargs": "+", "type": Path, "default": [], "metavar": "FILE"}
    parser.add_argument("--checkpoints", help="checkpoints from outside the database", **files)
    parser.add_argument("--from-console", help="checkpoints as the console lists them", **files)
    parser.add_argument("--archive", help="what was taken away from the beginning, the oldest first", **files)
    parser.add_argument("--public-key", help="the keys that you trust, in PEM", **files)
    parser.add_argument("--key", nargs="+", type=_key, default=[], metavar="HEX", help="the same as 64 hex digits")
    parser.add_argument("--without-proof", action="store_true", help="records alone, without the proof at their end")
    parser.add_argument("--json", action="store_true", help="the verdict as one JSON object")
    return parser.parse_args(words)


def _say(verdict: Verdict) -> None:
    if verdict.whole:
        print("WHOLE.", *verdict.sentences, sep="\n")
    else:
        good = f"{verdict.records} records before it were read." if verdict.records else "No record before it was read."
        print(f"NOT WHOLE. First bad record: {verdict.first_bad_record}.", verdict.problem, good, sep="\n")


def main(words: list[str] | None = None) -> int:
    arguments = _arguments(words)
    try:
        verdict = verify(arguments)
    except (Unusable, zipfile.BadZipFile) as problem:
        print(problem, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(asdict(verdict)))
    else:
        _say(verdict)
    return 0 if verdict.whole else 1


if __name__ == "__main__":
    sys.exit(main())
