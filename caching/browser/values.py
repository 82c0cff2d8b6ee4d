"""What is under a key, for eyes: decoded, cut where it is long, masked where it holds a secret."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgpack

from caching.browser.entry import Entry
from caching.browser.places import Places, memcached
from caching.exceptions import CacheError, Refused
from caching.library.envelope import Envelope
from caching.library.families import FAMILIES
from caching.library.serialisers import JSON, MSGPACK, Serialiser
from caching.masking import MASK, masked
from caching.sampling import pipelined

MOST_BYTES = 64 * 1024
MOST_SHOWN = 20_000
MOST_MEMBERS = 100
READABLE = ("novaops",)


@dataclass(frozen=True, slots=True)
class Value:
    """`text` is masked unless it was asked for as it is; `hides` says that something in it is. `form` names how it was
    decoded; `notes` are sentences about it."""

    text: str
    form: str
    hides: bool = False
    notes: tuple[str, ...] = ()


def value_of(places: Places, entry: Entry, unmasked: bool) -> Value:
    """CacheError when the server cannot answer, or the key is gone."""
    raw, form, notes = _read(places, entry)
    if isinstance(raw, bytes):
        raw, form, more = decoded(entry, raw)
        notes = (*notes, *more)
    shown = raw if unmasked else hidden(entry, raw)
    text, cut = written(shown)
    return Value(text, form, not unmasked and shown != raw, (*notes, *cut))


def hidden(entry: Entry, value: Any) -> Any:
    """All of it where the key is secret or has no family; fields that are called like secrets else."""
    known = entry.family is not None or entry.is_generation or entry.parts.family in READABLE
    return masked(value) if known and not entry.secret else MASK


def decoded(entry: Entry, data: bytes) -> tuple[Any, str, tuple[str, ...]]:
    """The value, its form, and what its envelope says. Bytes that nothing reads are shown as such."""
    try:
        envelope = Envelope.unpack(data)
    except ValueError:
        value, form = _loaded(data, _serialisers(entry))
        return value, form, ()
    if envelope.negative:
        return None, "negative", ("The loader found that there is none, which is kept too.",)
    value, form = _loaded(envelope.payload, _serialisers(entry))
    until = datetime.fromtimestamp(envelope.fresh_until, UTC)
    return value, form, (f"Fresh until {until:%Y-%m-%d %H:%M:%S} UTC.",)


def _serialisers(entry: Entry) -> tuple[Serialiser, ...]:
    """The family's own first; a copy in L2 has the form of its L1 family."""
    front = FAMILIES.get(entry.parts.rest.partition(":")[0])
    own = [one.serialiser for one in (front, entry.family) if one is not None and one.serialiser is not None]
    return tuple(dict.fromkeys([*own, JSON, MSGPACK]))


def _loaded(data: bytes, serialisers: tuple[Serialiser, ...]) -> tuple[Any, str]:
    for serialiser in serialisers:
        try:
            return serialiser.load(data), serialiser.name
        except (ValueError, msgpack.UnpackException):
            continue
    try:
        return data.decode(), "text"
    except UnicodeDecodeError:
        return data.hex(" "), "bytes"


def written(value: Any) -> tuple[str, tuple[str, ...]]:
    """As text, cut where it is long, and a sentence about that."""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if len(text) <= MOST_SHOWN:
        return text, ()
    return text[:MOST_SHOWN], (f"Cut: the first {MOST_SHOWN:,} of {len(text):,} characters.",)


def _read(places: Places, entry: Entry) -> tuple[Any, str, tuple[str, ...]]:
    """The value with its form and notes: bytes for what is still to be decoded."""
    if entry.tier == "L2":
        return _from_memcached(places, entry)
    owner = places.primary_of(entry.key)
    reader = _READERS.get(entry.sort)
    if owner is None or reader is None:
        raise Refused(f"A {entry.sort} cannot be shown." if owner else "No primary that was seen owns its slot.")
    said = pipelined(owner.node, lambda pipe, words: pipe.execute_command(*words), reader.ask(entry.key))
    wrong = next((answer for answer in said if isinstance(answer, Exception)), None)
    if wrong is not None:
        raise Refused(f"Redis answered: {wrong}.")
    return reader.read(said)


def _from_memcached(places: Places, entry: Entry) -> tuple[Any, str, tuple[str, ...]]:
    server = next((one for one in places.memcached if one.name == entry.node), None)
    said = memcached(server).value(entry.key.encode(), MOST_BYTES) if server else None
    if said is None:
        raise Gone
    return said, "bytes", _cut_note(entry.bytes, len(said))


class Gone(CacheError):
    def __str__(self) -> str:
        return "It is there no longer: it expired, or was removed."


@dataclass(frozen=True, slots=True)
class Reader:
    """How one of Redis' types is read: commands, and what their answers mean."""

    ask: Callable[[str], list[tuple[Any, ...]]]
    read: Callable[[list[Any]], tuple[Any, str, tuple[str, ...]]]


def _string(said: list[Any]) -> tuple[Any, str, tuple[str, ...]]:
    data, length = said
    if not length:
        raise Gone
    return data, "bytes", _cut_note(length, len(data))


def _cut_note(whole: int, read: int) -> tuple[str, ...]:
    return (f"Only its first {MOST_BYTES // 1024} KiB were read.",) if whole > read == MOST_BYTES else ()


def _members(form: str, shape: Callable[[Any], Any]) -> Callable[[list[Any]], tuple[Any, str, tuple[str, ...]]]:
    def read(said: list[Any]) -> tuple[Any, str, tuple[str, ...]]:
        members, count = said
        if not count:
            raise Gone
        note = (f"{MOST_MEMBERS} of {count:,} members.",) if count > MOST_MEMBERS else ()
        return shape(members), form, note

    return read


def _plain(data: Any) -> Any:
    """A member as JSON where it is that, else as text."""
    return _loaded(data, (JSON,))[0] if isinstance(data, bytes) else data


def _scored(members: Any) -> Any:
    return [{"score": float(score), "member": _plain(member)} for member, score in members]


def _fields(members: Any) -> Any:
    pairs: Mapping[Any, Any] = members[1] if isinstance(members[1], Mapping) else dict(members[1])
    return {str(_plain(name)): _plain(value) for name, value in list(pairs.items())[:MOST_MEMBERS]}


LAST = MOST_MEMBERS - 1
_READERS = {
    "string": Reader(lambda key: [("GETRANGE", key, 0, MOST_BYTES - 1), ("STRLEN", key)], _string),
    "zset": Reader(
        lambda key: [("ZRANGE", key, 0, LAST, "WITHSCORES"), ("ZCARD", key)],
        _members("sorted set", lambda members: _scored(_pairs(members))),
    ),
    "hash": Reader(lambda key: [("HSCAN", key, 0, "COUNT", MOST_MEMBERS), ("HLEN", key)], _members("hash", _fields)),
    "list": Reader(
        lambda key: [("LRANGE", key, 0, LAST), ("LLEN", key)], _members("list", lambda some: [_plain(x) for x in some])
    ),
    "set": Reader(
        lambda key: [("SSCAN", key, 0, "COUNT", MOST_MEMBERS), ("SCARD", key)],
        _members("set", lambda said: [_plain(member) for member in list(said[1])[:MOST_MEMBERS]]),
    ),
}


def _pairs(members: Any) -> list[tuple[Any, Any]]:
    """ZRANGE WITHSCORES comes in pairs, or as one flat list."""
    if members and isinstance(members[0], tuple | list):
        return [(member, score) for member, score in members]
    return list(zip(members[::2], members[1::2], strict=True))
