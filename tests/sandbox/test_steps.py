"""The graph of a start."""

import threading

import pytest

from novaops.sandbox.problems import SandboxError
from novaops.sandbox.steps import Step, run_all


def test_a_step_waits_for_what_it_needs_and_the_others_do_not_wait() -> None:
    met, order = threading.Barrier(2, timeout=60), list[str]()

    def meet(name: str) -> None:
        met.wait()  # passes only when both run at the same time
        order.append(name)

    said = list[str]()
    last = Step("last", lambda: order.append("last"), needs=("one", "two"))
    run_all([last, Step("one", lambda: meet("one")), Step("two", lambda: meet("two"))], said.append)
    assert order[-1] == "last"
    assert len(said) == 3


def test_the_first_failure_names_its_step_and_stops_what_needs_it() -> None:
    reached = list[str]()

    def fail() -> None:
        raise SandboxError("the disk is full.")

    after = Step("after", lambda: reached.append("after"), needs=("etcd",))
    with pytest.raises(SandboxError, match=r"^etcd: the disk is full\.$"):
        run_all([Step("etcd", fail), after], lambda _: None)
    assert reached == []


def test_a_need_that_nothing_meets_is_a_mistake_not_a_wait() -> None:
    with pytest.raises(ValueError, match="no step provides etcd"):
        run_all([Step("shard", lambda: None, needs=("etcd",))], lambda _: None)
