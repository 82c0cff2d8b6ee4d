"""Many callers need what nobody has: one loads, in all processes, and who dies meanwhile is replaced."""

from pathlib import Path

import pytest

from caching.library.tiers import Patience
from tests.caching.library.callers import Callers, calls
from tests.caching.library.conftest import Server
from tests.caching.library.login import Login
from tests.waiting import wait_for

PROCESSES, THREADS = 4, 50


@pytest.mark.parametrize("name", ["vm", "agg"])
def test_two_hundred_callers_call_one_loader(
    login: Login, memcached: list[Server], tenant: str, tmp_path: Path, name: str
) -> None:
    log, ports = tmp_path / "calls", [port for _, port in memcached]
    callers = Callers(login, ports, Patience(lease=20, wait=40), log, seconds=0.3)
    started = callers.start((name, tenant, "a"), PROCESSES, THREADS)
    answers = [answer for _ in started for answer in callers.answers.get(timeout=60)]
    for process in started:
        process.join()
    assert answers == ["loaded"] * PROCESSES * THREADS
    assert calls(log) == 1


def test_a_holder_that_dies_is_replaced_by_one(
    login: Login, memcached: list[Server], tenant: str, tmp_path: Path
) -> None:
    log, ports = tmp_path / "calls", [port for _, port in memcached]
    first = Callers(login, ports, Patience(lease=1, wait=20), log, seconds=60)
    [holder] = first.start(("vm", tenant, "a"), 1, 1)
    wait_for(lambda: calls(log) == 1, "the holder to load")
    holder.kill()
    holder.join()
    others = Callers(login, ports, Patience(lease=5, wait=20), log, seconds=0.1)
    started = others.start(("vm", tenant, "a"), 2, 20)
    answers = [answer for _ in started for answer in others.answers.get(timeout=60)]
    assert answers == ["loaded"] * 40
    assert calls(log) == 2
