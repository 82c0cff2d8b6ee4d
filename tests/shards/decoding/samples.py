"""Messages of pgoutput as PostgreSQL writes them."""

import struct

VM_ID = "3f2b8c1e-5d7a-4e0f-9b6c-1a2b3c4d5e6f"


def text(word: str) -> bytes:
    return word.encode() + b"\0"


def value(word: str | None) -> bytes:
    return b"n" if word is None else b"t" + struct.pack(">i", len(word.encode())) + word.encode()


def values(*words: str | None) -> bytes:
    return struct.pack(">h", len(words)) + b"".join(map(value, words))


def relation(oid: int, name: str, *columns: tuple[str, int, bool]) -> bytes:
    said = b"R" + struct.pack(">I", oid) + text("public") + text(name) + b"d" + struct.pack(">h", len(columns))
    for column, kind, key in columns:
        said += struct.pack(">b", key) + text(column) + struct.pack(">Ii", kind, -1)
    return said
