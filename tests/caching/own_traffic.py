"""An application that reads and writes on a cluster of a test's own while it is changed: it must not notice."""

from threading import Event, Thread
from typing import Self

import redis

from tests.caching.own_cluster import client
from tests.redis_servers import Node


class Traffic:
    """Each of some keys is counted up without a pause. `problems`: what failed, and writes that were lost."""

    def __init__(self, nodes: list[Node], keys: int = 100) -> None:
        self.client, self.keys = client(nodes), keys
        self.problems: list[str] = []
        self.rounds = 0
        self._stop, self._thread = Event(), Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        self._thread.join()
        if not self.rounds:
            self.problems.append("Nothing was read or written.")

    def _run(self) -> None:
        counts = dict.fromkeys((f"counted:{number}" for number in range(self.keys)), 0)
        while not self._stop.wait(0.05):
            for key in counts:
                counts[key] += 1
                self._count(key, counts[key])
            self.rounds += 1

    def _count(self, key: str, expected: int) -> None:
        try:
            found = self.client.incr(key)
        except redis.RedisError as problem:
            self.problems.append(f"{key}: {type(problem).__name__} {problem}")
        else:
            if found != expected:
                self.problems.append(f"{key} is {found}, not {expected}.")
