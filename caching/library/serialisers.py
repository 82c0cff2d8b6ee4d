"""Values to bytes and back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack


@dataclass(frozen=True, slots=True)
class Serialiser:
    """`load` raises ValueError for bytes that are not its own."""

    name: str
    dump: Callable[[Any], bytes]
    load: Callable[[bytes], Any]


def _dump_json(value: Any) -> bytes:
    """Times, UUIDs and addresses become text."""
    return json.dumps(value, separators=(",", ":"), default=str).encode()


def _load_msgpack(data: bytes) -> Any:
    try:
        return msgpack.unpackb(data)
    except (msgpack.UnpackException, ValueError) as error:
        raise ValueError("These bytes are not msgpack.") from error


JSON = Serialiser("json", _dump_json, json.loads)
MSGPACK = Serialiser("msgpack", lambda value: bytes(msgpack.packb(value, default=str)), _load_msgpack)
