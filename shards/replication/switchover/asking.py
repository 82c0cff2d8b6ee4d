"""Asking Patroni for the switchover, one member after the other until something comes of it.

That is harmless: the request names the leader that is to hand over, and the second that arrives finds the first under
way or is refused because another member leads. It helps where a member's API is slow, or swallows what it is sent."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.exceptions import NoAnswer, Refused
from shards.replication.switchover.order import Order

# After so long without any sign of a change the next member is asked.
NEXT_SECONDS = 2.0


class Asking:
    """`answer` is that of the member asked last. Answers are not waited for: Patroni may hold its own back for longer
    than the switchover takes."""

    def __init__(self, order: Order, apis: Sequence[Target]) -> None:
        self.order, self._left = order, list(apis)
        self._threads = ThreadPoolExecutor(max(1, len(apis)), "switchover")
        self._asked_at = 0.0
        self.answer: Future[str] = self._ask()

    def __enter__(self) -> "Asking":
        return self

    def __exit__(self, *raised: object) -> None:
        self._threads.shutdown(wait=False)

    def again(self, elapsed: float) -> None:
        """While the old leader still leads: asks the next member when the last one's answer does not decide it."""
        waits = elapsed - self._asked_at < NEXT_SECONDS and not self._lost
        if not self._left or waits or self._refused:
            return
        self._asked_at = elapsed
        self.answer = self._ask()

    @property
    def _refused(self) -> bool:
        return self.answer.done() and isinstance(self.answer.exception(), Refused)

    @property
    def _lost(self) -> bool:
        """Nothing came back at all; a 503 is an answer, and the switchover may still be under way."""
        problem = self.answer.exception() if self.answer.done() else None
        return isinstance(problem, NoAnswer) and "503" not in str(problem)

    def _ask(self) -> Future[str]:
        return self._threads.submit(Patroni(self._left.pop(0)).switchover, self.order.leader, self.order.candidate)
