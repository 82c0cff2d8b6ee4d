"""One Redis node, asked directly (not through the cluster), with explicit timeouts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import AskError
from redis.retry import Retry

from caching.clients.redis_parsing import parse_commands, parse_events, parse_info, parse_nodes
from caching.clients.redis_replies import ClusterNode, CommandStat, LatencyEvent, RedisInfo
from caching.exceptions import CacheError, NoAnswer, Refused
from caching.library.tls import Secured, Tls
from novaops.inventory.targets import Target
from novaops.inventory.tls import TlsFiles, tls_of
from novaops.inventory.tls_problems import sentence

SCAN_COUNT = 1000


# What Redis says of a state that passes by itself: an election, a replica that has not followed its new primary yet, a
# restart, a script of somebody else, a slot on the move. Without the code in front of it, which redis-py takes away
# from some.
PASSING = (
    "forget my master",
    "cluster is down",
    "Hash slot not served",
    "loading the dataset",
    "Link with MASTER is down",
    "busy running a script",
    "rehashing of slot",
    "Not enough good replicas",
)


class ElsewhereError(Refused):
    """The key belongs to another node."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a part of a walk over all keys came across; a key may be there twice. `cursor` is where to go on, `ended`
    whether it came to the end, `whole` whether these are all keys."""

    keys: tuple[bytes, ...]
    cursor: int
    ended: bool
    whole: bool


class NotNow(Refused):
    """The same request is answered once the node or the cluster is well again."""

    permanent = False


class RedisNode:
    """Commands to one node; connections are kept between questions."""

    def __init__(self, target: Target, timeout: float = 3.0) -> None:
        self.target, self.timeout = target, timeout
        self.tls = tls_to(target)
        self.link = _link(target.host, target.port, target.login.username, target.login.password, timeout, self.tls)

    def info(self) -> RedisInfo:
        with self._explained():
            return parse_info(self.link.info())

    def commands(self) -> tuple[CommandStat, ...]:
        """What each command took since the server started, those that took most time first."""
        with self._explained():
            return parse_commands(self.link.info("all"))

    def events(self) -> tuple[LatencyEvent, ...]:
        """LATENCY LATEST: empty unless the server's latency-monitor-threshold is set."""
        with self._explained():
            return parse_events(self.link.latency_latest())

    def ping_ms(self, times: int = 3) -> float:
        """The quickest of several PINGs, as this process sees it."""
        with self._explained():
            return 1000 * min(_timed(self.link.ping) for _ in range(times))

    def nodes(self) -> tuple[ClusterNode, ...]:
        """CLUSTER NODES; the node itself carries the flag `myself`."""
        with self._explained():
            return parse_nodes(self._said("CLUSTER", "NODES"))

    def cluster_info(self) -> dict[str, str]:
        with self._explained():
            lines = self._said("CLUSTER", "INFO").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def holds(self, key: str) -> bool:
        """Whether it leads a slot that has keys, so that it can be asked for this one: who asks the wrong node makes it
        count a failed command."""
        with self._explained():
            pipe: Any = self.link.pipeline(transaction=False)
            pipe.role()
            pipe.execute_command("CLUSTER COUNTKEYSINSLOT", key_slot(key.encode()))
            role, count = pipe.execute(raise_on_error=False)
        for answer in (role, count):  # one without a cluster refuses the second, and holds all
            if isinstance(answer, redis.RedisError) and not isinstance(answer, redis.ResponseError):
                raise explained(answer, self.timeout, self.tls)
        leads = not isinstance(role, list) or _text(role[0]) == "master"
        return leads and count != 0

    def hash_of(self, key: str) -> dict[str, int] | None:
        """A hash of integers; None when another node owns its slot."""
        if not self.holds(key):
            return None
        try:
            with self._explained():
                said: Any = self.link.hgetall(key)
        except ElsewhereError:
            return None
        return {_text(name): int(value) for name, value in said.items()}

    def top_of(self, key: str, most: int) -> list[tuple[str, float]]:
        """The members of a sorted set with the highest scores. ElsewhereError when another node owns its slot."""
        if not self.holds(key):
            return []
        with self._explained():
            said: Any = self.link.zrevrange(key, 0, most - 1, withscores=True)
        return [(_text(member), score) for member, score in said]

    def some_keys(self, most: int, cursor: int = 0) -> Scanned:
        """At least `most` keys where there are so many, from `cursor` on and once past the end at most."""
        found: list[bytes] = []
        ends, begun_amid = 0, cursor != 0
        with self._explained():
            while len(found) < most and ends <= begun_amid:
                answer: Any = self.link.scan(cursor, count=SCAN_COUNT)
                cursor, keys = answer
                found += keys
                ends += cursor == 0
        return Scanned(tuple(found), cursor, ended=bool(ends), whole=bool(ends) and not begun_amid)

    def size(self) -> int:
        with self._explained():
            return int(self.link.dbsize())

    def _said(self, *words: str) -> str:
        """A command whose name is given in parts comes back as Redis wrote it."""
        return _text(self.link.execute_command(*words))  # type: ignore[no-untyped-call]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as problem:
            raise explained(problem, self.timeout, self.tls) from problem


@lru_cache(maxsize=256)
def _link(host: str, port: int, username: str, password: str, timeout: float, tls: Tls | None) -> redis.Redis:
    link = redis.Redis(
        host=host,
        port=port,
        username=username or None,
        password=password or None,
        socket_timeout=timeout,
        socket_connect_timeout=min(timeout, 2.0),
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        client_name="novaops",
        **(tls.for_redis_py() if tls else {}),
    )
    if tls:
        link.connection_pool.connection_class = Secured
    return link


def tls_to(target: Target) -> Tls | None:
    """None where the node speaks no TLS."""
    files = tls_of(target.options)
    return Tls(files.ca_file, files.cert_file, files.key_file, files.check_names) if files else None


def explained(problem: redis.RedisError, timeout: float, tls: Tls | None = None) -> CacheError:
    said, files = str(problem), TlsFiles(tls.ca_file, tls.cert_file, tls.key_file) if tls else None
    if cause := sentence(problem, files):
        return NoAnswer(cause)
    if isinstance(problem, redis.TimeoutError) or "imed out" in said or "Timeout" in said:
        without = " It may be a port that does not speak TLS." if tls and "connecting" in said else ""
        return NoAnswer(f"No answer within {timeout:g} s.{without}")
    if isinstance(problem, AskError):  # a MOVED answer is one too
        return ElsewhereError(f"Another node owns this slot: {said}.")
    if passing(str(problem)):
        return NotNow(f"Redis answered: {problem}.")
    if isinstance(problem, redis.AuthenticationError | redis.ResponseError):
        return Refused(f"Redis answered: {said}.")
    if "refused" in said:
        return NoAnswer("Nothing listens there (connection refused).")
    if "closed" in said or "reset" in said:
        with_tls = "" if tls else " A port that speaks TLS does that too."
        return NoAnswer(f"It closed the connection without an answer.{with_tls}")
    return NoAnswer("The connection failed.")


def passing(said: str) -> bool:
    return any(word in said for word in PASSING)


def _timed(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


def _text(said: Any) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
