"""Threads that work side by side, one item at a time. The first problem of any of them ends all."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from novaops.operations.contract import TransientProblem

Item = TypeVar("Item")


class Ended(TransientProblem):
    """Told to a thread in the middle of an item: the others are gone."""

    def __init__(self) -> None:
        super().__init__("The copy was broken off.")


class Crew(Generic[Item]):
    """`with Crew(do, items, 2, wake) as crew: while crew.works(0.3): ...`. `done` and `total` count items; `wake` is
    called when all have to end, so that none of them waits any more."""

    def __init__(
        self, do: Callable[[Item], None], items: Iterable[Item], workers: int, wake: Callable[[], None] = lambda: None
    ) -> None:
        self._do, self._wake = do, wake
        self._left = deque(items)
        self.done, self.total = 0, len(self._left)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._problem: BaseException | None = None
        self._threads = [threading.Thread(target=self._work, name=f"crew-{number}") for number in range(workers)]

    def __enter__(self) -> "Crew[Item]":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._end()
        for thread in self._threads:
            thread.join()

    def works(self, seconds: float) -> bool:
        """Waits so long at most. False when all is done that was begun; raises a thread's problem."""
        alive = [thread for thread in self._threads if thread.is_alive()]
        for thread in alive[:1]:
            thread.join(seconds)
        if self._problem:
            raise self._problem
        return bool(alive)

    def begin_no_more(self) -> None:
        with self._lock:
            self._left.clear()

    def check(self) -> None:
        """From a thread, in the middle of an item."""
        if self._ended.is_set():
            raise Ended

    def _work(self) -> None:
        try:
            while self._left and not self._ended.is_set():
                with self._lock:
                    item = self._left.popleft() if self._left else None
                if item is not None:
                    self._do(item)
                    with self._lock:
                        self.done += 1
        except BaseException as problem:
            self._problem = self._problem or problem
            self._end()

    def _end(self) -> None:
        self._ended.set()
        self._wake()
