"""What the plugin pgoutput writes, protocol version 1, as types.

Formats: https://www.postgresql.org/docs/15/protocol-logicalrep-message-formats.html"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
UNCHANGED = object()
"""Stands for a value that was stored out of line and not written anew: pgoutput does not send it."""


ACTIONS = {b"I": "insert", b"U": "update", b"D": "delete"}
NULL, TOASTED, TEXT = b"nut"
SIZED = b"tb"
_oid, _int, _short = struct.Struct(">I").unpack_from, struct.Struct(">i").unpack_from, struct.Struct(">h").unpack_from


class Unreadable(Exception):
    """Bytes that are no message of this protocol: a sentence."""


@dataclass(frozen=True, slots=True)
class Begin:
    """`lsn` is that of the transaction's commit; `xid` has 32 bits."""

    lsn: int
    at: datetime
    xid: int


@dataclass(frozen=True, slots=True)
class Commit:
    """`end` is where the next transaction may begin: what is confirmed when this one is done with."""

    lsn: int
    end: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Column:
    """`key`: part of the replica identity, by which a row is found again."""

    name: str
    type_oid: int
    key: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """As it is published: only the columns that are, a partition perhaps as its parent."""

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)


@dataclass(frozen=True, slots=True)
class Row:
    """An inserted, updated or deleted row. `values` by column: of a deleted row those of its replica identity.
    `old_key` has the replica identity that an updated row had before, where it changed or is the whole row."""

    action: str
    relation: Relation
    values: Mapping[str, Any] = field(hash=False)
    old_key: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Truncate:
    relations: tuple[Relation, ...]
    cascade: bool = False
    restart_identity: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What pg_logical_emit_message wrote. A transactional one comes at its place between Begin and Commit; any other as
    soon as it is read, outside of them. `lsn` is its own."""

    transactional: bool
    lsn: int
    prefix: str
    content: bytes


Told = Begin | Commit | Relation | Row | Truncate | Message


class Parser:
    """One per connection: it remembers the relations that the server described. `decode`: values have the types of
    their columns; else they are text as it was sent. Either way None is NULL, UNCHANGED is not known, and a value that
    came in its binary form stays bytes."""

    def __init__(self, decode: bool = True) -> None:
        self._types = TYPES if decode else {}
        self._relations: dict[int, Relation] = {}
        # Of each relation, by its oid, the names of its columns and what makes a value of their text.
        self._readers: dict[int, tuple[tuple[str, Callable[[str], Any] | None], ...]] = {}

    def parse(self, data: bytes) -> Told | None:
        """None for what tells nothing (types, origins)."""
        try:
            kind = data[:1]
            return self._row(kind, data) if kind in ACTIONS else self._parse(kind, _Bytes(data, 1))
        except (struct.error, IndexError, KeyError, ValueError) as problem:
            raise Unreadable(f"A message {data[:1]!r} of pgoutput could not be read: {problem!r}.") from problem

    def _parse(self, kind: bytes, data: "_Bytes") -> Told | None:
        match kind:
            case b"B":
                return Begin(data.take("q"), _time(data.take("q")), data.take("I"))
            case b"C":
                data.take("b")
                return Commit(data.take("q"), data.take("q"), _time(data.take("q")))
            case b"R":
                return self._relation(data)
            case b"T":
                count, how = data.take("i"), data.take("b")
                several = tuple(self._relations[data.take("I")] for _ in range(count))
                return Truncate(several, bool(how & 1), bool(how & 2))
            case b"M":
                return Message(bool(data.take("b") & 1), data.take("q"), data.text(), data.counted())
            case b"O" | b"Y":
                return None
        raise ValueError("unknown kind")

    def _relation(self, data: "_Bytes") -> Relation:
        oid, schema, name = data.take("I"), data.text(), data.text()
        data.take("b")
        columns = []
        for _ in range(data.take("h")):
            key = bool(data.take("b") & 1)
            columns.append(Column(data.text(), data.take("I"), key))
            data.take("i")
        found = Relation(oid, schema or "pg_catalog", name, tuple(columns))
        self._relations[oid] = found
        self._readers[oid] = tuple((column.name, self._types.get(column.type_oid)) for column in columns)
        return found

    def _row(self, kind: bytes, data: bytes) -> Row:
        relation, part, at = self._relations[_oid(data, 1)[0]], data[5:6], 6
        old = None
        if part in b"KO" and kind == b"U":
            old, at = self._values(relation, data, part, at)
            part, at = data[at : at + 1], at + 1
        if part not in (b"N", b"K", b"O"):
            raise ValueError(f"unknown part {part!r}")
        values, _ = self._values(relation, data, part, at)
        return Row(ACTIONS[kind], relation, values, old)

    def _values(self, relation: Relation, data: bytes, part: bytes, at: int) -> tuple[dict[str, Any], int]:
        """What begins at a place, and where it ends. In a part K, what does not belong to the key comes as NULL, and is
        left out. Here a large transaction spends its time."""
        found: dict[str, Any] = {}
        [count] = _short(data, at)
        at += 2
        for name, read in self._readers[relation.oid][:count]:
            form = data[at]
            if form in SIZED:
                begin = at + 5
                at = begin + _int(data, at + 1)[0]
                sent = data[begin:at]
                if form == TEXT:
                    found[name] = sent.decode() if read is None else read(sent.decode())
                else:
                    found[name] = sent
            elif form in (NULL, TOASTED):
                found[name] = None if form == NULL else UNCHANGED
                at += 1
            else:
                raise ValueError(f"unknown form {chr(form)!r} of a value")
        if at > len(data):
            raise ValueError(f"{len(data)} bytes where {at} were promised")
        return {name: found[name] for name in relation.key} if part == b"K" else found, at


class _Bytes:
    """Reads forward; numbers are big-endian."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, form: str) -> int:
        number: int = struct.unpack_from(f">{form}", self._data, self._at)[0]
        self._at += struct.calcsize(f">{form}")
        return number

    def letter(self) -> bytes:
        self._at += 1
        return self._data[self._at - 1 : self._at]

    def text(self) -> str:
        end = self._data.index(0, self._at)
        found = self._data[self._at : end].decode()
        self._at = end + 1
        return found

    def counted(self) -> bytes:
        """As many bytes as a number says, which comes first."""
        size = self.take("i")
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise ValueError(f"{len(found)} bytes where {size} were promised")
        self._at += size
        return found


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _stamp(text: str) -> datetime:
    """As the reader's session writes it: ISO, in UTC."""
    return datetime.fromisoformat(text)


TYPES: Mapping[int, Callable[[str], Any]] = {
    16: lambda text: text == "t",
    20: int,
    21: int,
    23: int,
    700: float,
    701: float,
    1184: _stamp,
    2950: UUID,
}
"""By the oid of the type, which is the same in every database; all others stay text."""
