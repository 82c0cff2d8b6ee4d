"""Threads that ask: a question that hangs is given up once, and asked anew only when it has ended."""

import threading

import pytest

from metrics.collector import workers
from metrics.collector.outcomes import Job, Outcome
from metrics.contract import Answer, Facts, Probe, State
from novaops.inventory.targets import Target
from tests.waiting import wait_for


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def job(gate: threading.Event) -> Job:
    def ask(target: Target) -> Answer:
        gate.wait(60)
        return Answer(Facts(), {"asked": 1.0})

    return Job("alpha", 1, Target(1, "etcd", "etcd-1", "127.0.0.1", 1), Probe("slow", "etcd", Facts, ask, timeout=0.1))


def test_a_hanging_question(gate: threading.Event, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRACE_SECONDS", 0.1)
    pool = workers.Workers(2)
    assert pool.submit(job) is None
    assert pool.submit(job) is None and pool.free == 1, "it may still answer: it is not asked a second time"
    (given_up,) = wait_for(lambda: pool.collect(0.05), "the question to be given up", every=0)
    assert given_up.state == State.UNREACHABLE and not pool.busy
    again = pool.submit(job)
    assert again is not None and again.cause.startswith("No answer within")
    gate.set()
    wait_for(lambda: not pool.collect(0.05) and pool.free == 2, "the late answer to be dropped", every=0)

    def answers() -> list[Outcome]:
        pool.submit(job)  # again where a busy machine let its time run out
        return [one for one in pool.collect(0.05) if one.state == State.OK]

    (answered,) = wait_for(answers, "an answer", every=0)
    assert (answered.state, answered.values) == (State.OK, {"asked": 1.0})
