"""Messages of the plugin become typed values."""

import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shards.decoding.pgoutput import UNCHANGED, Begin, Commit, Message, Parser, Relation, Row, Truncate, Unreadable
from tests.shards.decoding.samples import VM_ID, relation, text, value, values

COLUMNS = (("tenant_id", 25, True), ("id", 2950, True), ("size", 20, False), ("on", 16, False), ("at", 1184, False))


@pytest.fixture
def parser() -> Parser:
    found = Parser()
    assert isinstance(found.parse(relation(7, "vms", *COLUMNS)), Relation)
    return found


def test_a_transaction_begins_and_ends(parser: Parser) -> None:
    stamp = 86_400_000_000
    at = datetime(2000, 1, 2, tzinfo=UTC)
    assert parser.parse(b"B" + struct.pack(">qqI", 500, stamp, 4_000_000_000)) == Begin(500, at, 4_000_000_000)
    assert parser.parse(b"C" + struct.pack(">bqqq", 0, 500, 548, stamp)) == Commit(500, 548, at)


def test_values_have_the_types_of_their_columns(parser: Parser) -> None:
    words = values("äcme", VM_ID, "-5", "t", "2026-03-01 12:00:00.25+00")
    found = parser.parse(b"I" + struct.pack(">I", 7) + b"N" + words)
    assert isinstance(found, Row) and found.action == "insert" and found.relation.name == "vms"
    at = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert found.values == {"tenant_id": "äcme", "id": UUID(VM_ID), "size": -5, "on": True, "at": at}


def test_an_update_may_bring_its_old_key_and_leave_out_what_is_unchanged(parser: Parser) -> None:
    old = b"K" + values("acme", VM_ID, None, None, None)
    new = b"N" + struct.pack(">h", 5) + value("acme") + value(VM_ID) + b"u" + value("f") + b"n"
    found = parser.parse(b"U" + struct.pack(">I", 7) + old + new)
    assert isinstance(found, Row) and found.action == "update"
    assert found.old_key == {"tenant_id": "acme", "id": UUID(VM_ID)}
    assert found.values["size"] is UNCHANGED and found.values["on"] is False and found.values["at"] is None


def test_a_delete_has_the_key(parser: Parser) -> None:
    found = parser.parse(b"D" + struct.pack(">I", 7) + b"K" + values("acme", VM_ID, None, None, None))
    assert isinstance(found, Row) and found.action == "delete"
    assert found.values == {"tenant_id": "acme", "id": UUID(VM_ID)} and found.relation.key == ("tenant_id", "id")


def test_where_the_whole_row_is_the_identity_it_has_all_of_it(parser: Parser) -> None:
    found = parser.parse(b"D" + struct.pack(">I", 7) + b"O" + values("acme", VM_ID, "5", None, None))
    assert isinstance(found, Row) and found.values["size"] == 5 and found.values["on"] is None


def test_values_are_left_as_they_were_sent_when_that_is_asked() -> None:
    parser = Parser(decode=False)
    parser.parse(relation(7, "vms", *COLUMNS))
    sent = struct.pack(">h", 5) + value("acme") + value(VM_ID) + b"b" + struct.pack(">iq", 8, 5) + b"u" + b"n"
    found = parser.parse(b"I" + struct.pack(">I", 7) + b"N" + sent)
    assert isinstance(found, Row) and found.values["size"] == struct.pack(">q", 5)
    assert (found.values["id"], found.values["on"], found.values["at"]) == (VM_ID, UNCHANGED, None)


def test_words_of_applications_come_with_their_place(parser: Parser) -> None:
    said = struct.pack(">bq", 1, 500) + text("novaops move") + struct.pack(">i", 3) + b"\0\xff!"
    assert parser.parse(b"M" + said) == Message(True, 500, "novaops move", b"\0\xff!")
    found = parser.parse(b"M" + b"\0" + said[1:])
    assert isinstance(found, Message) and not found.transactional


def test_a_truncate_names_its_tables(parser: Parser) -> None:
    found = parser.parse(b"T" + struct.pack(">ibI", 1, 0, 7))
    assert isinstance(found, Truncate) and [one.name for one in found.relations] == ["vms"]
    assert not found.cascade and not found.restart_identity
    for flags, wanted in ((1, (True, False)), (2, (False, True))):
        found = parser.parse(b"T" + struct.pack(">ibI", 1, flags, 7))
        assert isinstance(found, Truncate) and (found.cascade, found.restart_identity) == wanted


@pytest.mark.parametrize("data", [b"O" + struct.pack(">q", 1) + text("x"), b"Y"])
def test_what_says_nothing_of_rows_is_left_out(parser: Parser, data: bytes) -> None:
    assert parser.parse(data) is None


@pytest.mark.parametrize(
    "data", [b"", b"?", b"B\0", b"I" + struct.pack(">I", 99) + b"N", b"D" + struct.pack(">I", 7), b"M\0"]
)
def test_what_is_no_message_is_refused_with_a_sentence(parser: Parser, data: bytes) -> None:
    with pytest.raises(Unreadable, match="could not be read"):
        parser.parse(data)
