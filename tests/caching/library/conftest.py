"""Both tiers on real servers: the sandbox's Redis Cluster, and Memcached servers of a test's own, which it may kill."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.tiers import Patience, Tiers
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets
from tests.caching.library.login import Login
from tests.ports import free_port
from tests.waiting import wait_for

Server = tuple[subprocess.Popen[bytes], int]
IMPATIENT = Patience(lease=3.0, wait=0.0)


@pytest.fixture
def memcached() -> Iterator[list[Server]]:
    program = shutil.which("memcached")
    assert program, "memcached is not installed"
    started = []
    for _ in range(3):
        port = free_port()
        command = [program, "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "8", "-u", "nobody"]
        started.append((subprocess.Popen(command), port))
    for _, port in started:
        wait_for(partial(listens, port), "memcached")
    yield started
    for process, _ in started:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


@pytest.fixture
def login(live_fleet: Fleet) -> Login:
    with tenant_context(live_fleet):
        nodes = targets("redis")
    return Login([(node.host, node.port) for node in nodes], nodes[0].login.username, nodes[0].login.password)


@pytest.fixture
def l1(login: Login) -> Iterator[L1]:
    found = login.l1()
    yield found
    found.close()


@pytest.fixture
def l2(memcached: list[Server]) -> Iterator[L2]:
    found = L2([("127.0.0.1", port) for _, port in memcached])
    yield found
    found.close()


@pytest.fixture
def tiers(l1: L1, l2: L2) -> Tiers:
    return Tiers(l1, l2)


@pytest.fixture
def nowhere() -> Tiers:
    """Both tiers behind ports where nobody listens."""
    return Tiers(L1([("127.0.0.1", free_port())]), L2([("127.0.0.1", free_port())]))


@pytest.fixture
def tenant() -> str:
    return f"test-{uuid4()}"


@pytest.fixture
def impatient(l1: L1, l2: L2) -> Tiers:
    """Who finds somebody else loading loads as well, at once."""
    return Tiers(l1, l2, patience=IMPATIENT)
