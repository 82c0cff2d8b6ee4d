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
    name: str
    type_oid: int
    key: bool


@dataclass(frozen=True, slots=True)
class Relation:
    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An inserted, updated or deleted row. `values` by column: of a deleted row only those of its key."""

    action: str
    relation: Relation
    values: Mapping[str, Any] = field(hash=False)
    old_key: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Truncate:
    relations: tuple[Relation, ...]


Message = Begin | Commit | Relation | Row | Truncate


class Parser:
    """One per connection: it remembers the relations that the server described."""

    def __init__(self) -> None:
        self._relations: dict[int, Relation] = {}

    def parse(self, data: bytes) -> Message | None:
        """None for what says nothing of rows (types, origins, messages of applications)."""
        try:
            return self._parse(data[:1], _Bytes(data, 1))
        except (struct.error, IndexError, KeyError, ValueError) as problem:
            raise Unreadable(f"A message {data[:1]!r} of pgoutput could not be read: {problem!r}.") from problem

    def _parse(self, kind: bytes, data: "_Bytes") -> Message | None:
        match kind:
            case b"I" | b"U" | b"D":
                return self._row(kind, data)
            case b"B":
                return Begin(data.take("q"), _time(data.take("q")), data.take("I"))
            case b"C":
                data.take("b")
                return Commit(data.take("q"), data.take("q"), _time(data.take("q")))
            case b"R":
                return self._relation(data)
            case b"T":
                count, _ = data.take("i"), data.take("b")
                return Truncate(tuple(self._relations[data.take("I")] for _ in range(count)))
            case b"O" | b"Y" | b"M":
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
        return found

    def _row(self, kind: bytes, data: "_Bytes") -> Row:
        relation = self._relations[data.take("I")]
        part, old = data.letter(), None
        if part in b"KO" and kind == b"U":
            old = data.row(relation)
            part = data.letter()
        if part not in b"NKO":
            raise ValueError(f"unknown part {part!r}")
        action = {b"I": "insert", b"U": "update", b"D": "delete"}[kind]
        return Row(action, relation, data.row(relation), old)


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

    def row(self, relation: Relation) -> dict[str, Any]:
        return {column.name: self._value(column) for column in relation.columns[: self.take("h")]}

    def _value(self, column: Column) -> Any:
        kind = self.letter()
        if kind == b"n":
            return None
        if kind == b"u":
            return UNCHANGED
        if kind != b"t":
            raise ValueError(f"unknown form {kind!r} of a value")
        size = self.take("i")
        text = self._data[self._at : self._at + size].decode()
        self._at += size
        return TYPES.get(column.type_oid, str)(text)


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
