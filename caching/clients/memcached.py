"""One Memcached server over its text protocol, with explicit timeouts."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from caching.clients.memcached_replies import MemcachedStats, SlabClass
from caching.exceptions import NoAnswer, Refused
from novaops.inventory.targets import Target

ENDS = (b"END\r\n", b"OK\r\n", b"RESET\r\n")
REFUSALS = (b"ERROR", b"CLIENT_ERROR", b"SERVER_ERROR", b"BUSY")
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """`expires` in Unix seconds; None where it never does. `slab` is its class."""

    key: bytes
    bytes: int
    expires: int | None
    slab: int = 0


@dataclass(frozen=True, slots=True)
class Memcached:
    target: Target
    timeout: float = 3.0

    def stats(self) -> MemcachedStats:
        return parse_stats(self._pairs(b"stats"))

    def slabs(self) -> tuple[SlabClass, ...]:
        return parse_slabs(self._pairs(b"stats slabs"), self._pairs(b"stats items"))

    def items(self) -> tuple["Item", ...]:
        """Every item with its size and expiry, as the crawler lists them."""
        return parse_items(self._ask(b"lru_crawler metadump all"))

    def some_items(self, most: int) -> tuple[tuple["Item", ...], bool]:
        """At most so many items, and whether these are all: of more, the crawler is left after so many."""
        said = self._ask(b"lru_crawler metadump all", enough=most)
        items = parse_items(said)
        return items[:most], len(items) <= most and said.endswith(ENDS)

    def ping_ms(self, times: int = 3) -> float:
        """The quickest of several connections with the shortest question, as this process sees it."""
        return 1000 * min(self._timed() for _ in range(times))

    def _timed(self) -> float:
        started = time.perf_counter()
        self._ask(b"mn", (b"MN\r\n",))
        return time.perf_counter() - started

    def item(self, key: bytes) -> "Item | None":
        """One item without touching it; None when there is none."""
        return parse_item(self._ask(b"me %b\r\nmn" % key, (b"MN\r\n",)), key, time.time())

    def value(self, key: bytes, most: int) -> bytes | None:
        """At most so many bytes of an item; None when there is none. It counts as a read."""
        said = self._ask(b"mg %b v\r\nmn" % key, (b"MN\r\n",))
        head, _, rest = said.partition(b"\r\n")
        return rest[: min(int(head.split()[1]), most)] if head.startswith(b"VA ") else None

    def delete(self, keys: Sequence[bytes]) -> int:
        """How many were still there. Meta commands (1.6): a no-op at the end says that all were answered."""
        asked = b"".join(b"md %b\r\n" % key for key in keys)
        return self._ask(asked + b"mn", (b"MN\r\n",)).count(b"HD\r\n") if keys else 0

    def flush_all(self) -> None:
        """Everything on this server becomes invisible at once."""
        self._ask(b"flush_all")

    def _pairs(self, command: bytes) -> dict[str, str]:
        lines = self._ask(command).decode(errors="replace").splitlines()
        return {words[1]: words[2] for words in (line.split(" ", 2) for line in lines) if len(words) == 3}

    def _ask(self, command: bytes, ends: tuple[bytes, ...] = ENDS, enough: int = 0) -> bytes:
        """`enough`: after so many lines the rest is not waited for."""
        until = time.monotonic() + self.timeout
        try:
            with socket.create_connection((self.target.host, self.target.port), min(self.timeout, 2.0)) as link:
                link.sendall(command + b"\r\n")
                return _answer(link, until, ends, enough)
        except TimeoutError as problem:
            raise NoAnswer(f"No answer within {self.timeout:g} s.") from problem
        except ConnectionRefusedError as problem:
            raise NoAnswer("Nothing listens there (connection refused).") from problem
        except OSError as problem:
            raise NoAnswer(f"The connection failed ({problem.strerror or type(problem).__name__}).") from problem


def _answer(link: socket.socket, until: float, ends: tuple[bytes, ...], enough: int = 0) -> bytes:
    said, lines = bytearray(), 0
    while not said.endswith(ends):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        link.settimeout(left)
        part = link.recv(262_144)
        said += part
        lines += part.count(b"\n")
        if enough and lines > enough:
            return bytes(said[: said.rindex(b"\n") + 1])
        if said.startswith(REFUSALS) and said.endswith(b"\r\n"):
            raise Refused(f"Memcached answered: {said.decode(errors='replace').strip()}.")
        if not part or len(said) > MOST_BYTES:
            raise NoAnswer("It closed the connection without an answer." if not part else "The answer is too long.")
    return bytes(said)


def parse_stats(said: dict[str, str]) -> MemcachedStats:
    def number(name: str) -> int:
        return int(said.get(name, 0))

    return MemcachedStats(
        version=said["version"],
        uptime_seconds=number("uptime"),
        items=number("curr_items"),
        items_total=number("total_items"),
        bytes=number("bytes"),
        limit_bytes=number("limit_maxbytes"),
        hits_total=number("get_hits"),
        misses_total=number("get_misses"),
        gets_total=number("cmd_get"),
        sets_total=number("cmd_set"),
        evictions_total=number("evictions"),
        expired_unfetched_total=number("expired_unfetched"),
        connections=number("curr_connections"),
        connections_total=number("total_connections"),
        rejected_total=number("rejected_connections"),
        evicted_unread_total=number("evicted_unfetched"),
        max_connections=number("max_connections"),
        bytes_read_total=number("bytes_read"),
        bytes_written_total=number("bytes_written"),
        threads=number("threads"),
    )


def parse_slabs(said: dict[str, str], items: dict[str, str]) -> tuple[SlabClass, ...]:
    """`stats slabs` says `3:chunk_size`, `stats items` says `items:3:mem_requested`; other names are totals."""
    numbers = sorted({int(name.split(":")[0]) for name in said if ":" in name})
    return tuple(_slab(number, said, items) for number in numbers)


def _slab(number: int, said: dict[str, str], items: dict[str, str]) -> SlabClass:
    def of_slab(name: str) -> int:
        return int(said.get(f"{number}:{name}", 0))

    def of_items(name: str) -> int:
        return int(items.get(f"items:{number}:{name}", 0))

    chunks = of_slab("used_chunks")
    told = f"items:{number}:mem_requested" in items
    return SlabClass(
        number=number,
        chunk_bytes=of_slab("chunk_size"),
        pages=of_slab("total_pages"),
        chunks_used=chunks,
        chunks_free=of_slab("free_chunks"),
        requested_bytes=of_items("mem_requested") if told else None if chunks else 0,
        evicted_total=of_items("evicted"),
        refused_total=of_items("outofmemory"),
        oldest_seconds=of_items("age"),
        sets_total=of_slab("cmd_set"),
        hits_total=of_slab("get_hits"),
    )


def parse_items(said: bytes) -> tuple[Item, ...]:
    """`key=qr%3Avms%3A1 exp=1700000000 la=... cas=... fetch=... cls=... size=96` per line."""
    found = []
    for line in said.splitlines():
        if line.startswith(b"key="):
            fields = dict(field.split(b"=", 1) for field in line.split() if b"=" in field)
            expires = int(fields.get(b"exp", b"-1"))
            key = unquote_to_bytes(fields[b"key"])
            size, slab = int(fields.get(b"size", b"0")), int(fields.get(b"cls", b"0"))
            found.append(Item(key, size, expires if expires > 0 else None, slab))
    return tuple(found)


def parse_item(said: bytes, key: bytes, now: float) -> Item | None:
    """`ME qr:1 exp=-99 la=1 cas=1 fetch=no cls=1 size=65`: `exp` is minus the seconds that are left, -1 for ever."""
    head = said.partition(b"\r\n")[0]
    if not head.startswith(b"ME "):
        return None
    fields = dict(field.split(b"=", 1) for field in head.split() if b"=" in field)
    left = abs(int(fields.get(b"exp", b"-1")))
    expires = None if fields.get(b"exp") == b"-1" else round(now) + left
    return Item(key, int(fields.get(b"size", b"0")), expires, int(fields.get(b"cls", b"0")))
