"""Keys of one Redis node with what is known of them, in two pipelines."""

from collections.abc import Sequence
from typing import Any

from caching.browser.entry import Entry
from caching.browser.places import Primary, slot_of
from caching.library.envelope import HEADER, Envelope
from caching.library.keys import parse
from caching.sampling import pipelined

QUESTIONS = (("TYPE",), ("PTTL",), ("MEMORY USAGE",), ("OBJECT ENCODING",))


def entries(primary: Primary, keys: Sequence[str]) -> list[Entry]:
    """Those that are still there. None of these questions counts as a use of the key, but for the look at the head of
    a text."""
    node = primary.node
    asked = [(word, key) for key in keys for (word,) in QUESTIONS]
    said = pipelined(node, lambda pipe, pair: pipe.execute_command(pair[0], pair[1]), asked)
    rows = [(key, said[at : at + 4]) for key, at in zip(keys, range(0, len(said), 4), strict=True)]
    there = [(key, answers) for key, answers in rows if isinstance(answers[2], int)]
    texts = [key for key, answers in there if _text(answers[0]) == "string"]
    heads = dict(zip(texts, pipelined(node, _head, texts), strict=True))
    return [_entry(primary, key, answers, heads.get(key)) for key, answers in there]


def _head(pipe: Any, key: str) -> None:
    pipe.execute_command("GETRANGE", key, 0, HEADER.size - 1)


def _entry(primary: Primary, key: str, answers: Sequence[Any], head: Any) -> Entry:
    sort, left, size, encoding = answers
    return Entry(
        tier="L1",
        node=primary.target.name,
        key=key,
        bytes=size,
        ttl=left / 1000 if isinstance(left, int) and left >= 0 else None,
        sort=_text(sort),
        encoding=_text(encoding) if not isinstance(encoding, Exception) else "",
        slot=slot_of(key),
        total=_total(key, head),
    )


def _total(key: str, head: Any) -> int | None:
    if not isinstance(head, bytes) or not parse(key).tenant:
        return None
    try:
        return Envelope.unpack(head).stamp.total
    except ValueError:
        return None


def _text(said: Any) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
