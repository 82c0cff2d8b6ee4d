"""Values to bytes and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import orjson


@dataclass(frozen=True, slots=True)
class Serialiser:
    """`dump` raises TypeError or ValueError for what it cannot write, `load` ValueError for bytes that are not its
    own."""

    name: str
    dump: Callable[[Any], bytes]
    load: Callable[[bytes], Any]


def _dump_json(value: Any) -> bytes:
    """Times, UUIDs and addresses become text, NaN null; an integer of more than 64 bits is refused."""
    return orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


def _load_msgpack(data: bytes) -> Any:
    try:
        return msgpack.unpackb(data)
    except (msgpack.UnpackException, ValueError) as error:
        raise ValueError("These bytes are not msgpack.") from error


JSON = Serialiser("json", _dump_json, orjson.loads)
MSGPACK = Serialiser("msgpack", lambda value: bytes(msgpack.packb(value, default=str)), _load_msgpack)
