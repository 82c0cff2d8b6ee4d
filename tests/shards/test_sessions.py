"""Sessions on a shard's servers are kept for the next one who asks."""

import os
import resource
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.clients.postgres import sessions
from shards.exceptions import NoAnswer
from shards.partitions.leader import find

MANY = 1_100


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """As in a console with as many browsers in front of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * MANY)), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    yield
    for one in opened:
        os.close(one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_open_files")
def test_a_process_with_many_open_files_keeps_sessions_too(live_fleet: Fleet) -> None:
    sessions.close_all()
    with tenant_context(live_fleet):
        leader = find("shard-1")
        for _ in range(3):
            with sessions.open(leader, 5) as session:
                assert session.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_tls_is_spoken_as_the_fleet_file_says(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        plain = find("shard-1")  # the sandbox's servers speak none
    asked = replace(plain, options={**plain.options, "sslmode": "require"})
    sessions.close_all()
    with pytest.raises(NoAnswer, match="TLS fails: server does not support SSL"), sessions.open(asked, 5):
        pass
