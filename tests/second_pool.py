"""A second PgBouncer in front of a shard of the sandbox, leading to an address that follows the leader by itself:
nobody re-points it."""

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from novaops.inventory.models import Server, Shard
from novaops.sandbox import account, binaries, choices, layout
from novaops.sandbox.leader_address import LeaderAddress
from novaops.sandbox.pool_targets import Targets, databases_file
from novaops.sandbox.servers import pgbouncer
from novaops.sandbox.site import Site
from tests.ports import HOST, free_ports
from tests.waiting import wait_for

NAME = "second-pool"


@contextmanager
def second_pool(state: Path, name: str) -> Iterator[None]:
    """Registered in the fleet whose schema the connection is on."""
    port, address = free_ports(2)
    plan = choices.load(state).layout(state)
    site = Site(plan, binaries.find(plan), account.find(state))
    pool = layout.Pool(NAME, port)
    shard = replace(next(one for one in plan.shards if one.name == name), pools=(pool,), address=address)
    leads = Targets(primary=address, replica=shard.members[0].postgres)
    site.write(NAME, pgbouncer.DATABASES, databases_file(leads))
    spec = pgbouncer.spec(site, shard, pool)
    with _following(shard), subprocess.Popen([*site.account.prefix, *spec.argv], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: spec.ready() is None, "a second pool", every=0.02)
            _register(name, port, address)
            yield
        finally:
            process.terminate()


def _register(shard: str, port: int, address: int) -> None:
    Shard.objects.filter(name=shard).update(address=f"{HOST}:{address}")
    first = Server.objects.filter(kind="pgbouncer", shard__name=shard).order_by("name").first()
    assert first is not None
    first.pk, first.name, first.port = None, NAME, port
    first.save()


@contextmanager
def _following(shard: layout.Shard) -> Iterator[None]:
    address, over = LeaderAddress(shard), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(address, over)), daemon=True)
    thread.start()
    try:
        wait_for(lambda: address.leader is not None, "an address that leads to the leader", every=0.02)
        yield
    finally:
        over.set()
        thread.join(60)


async def _serve(address: LeaderAddress, over: threading.Event) -> None:
    """Its end is that of all connections through it."""
    serving = asyncio.create_task(address.serve())
    await asyncio.to_thread(over.wait)
    serving.cancel()
