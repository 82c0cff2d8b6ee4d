"""Tenants of the ledger on both shards, clients at work on them, and servers that are whole before and afterwards."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from caching.cluster.gather import gather
from novaops.inventory.selectors import targets_of
from novaops.operations.models import Operation, OperationLock
from shards.clients.patroni import Patroni
from shards.exceptions import ShardError
from shards.leftovers.survey import leftovers
from shards.moves.keeping import stream_of
from shards.moves.models import OVER, Move, Phase
from shards.moves.patroni_slots import forget_dropped
from shards.moves.streams import Stream
from shards.placement.console_router import pool_address, source
from shards.placement.models import Placement
from shards.placement.router import Router
from tests import on_shard
from tests.moves import tenants, two_shards
from tests.moves.ledger import measurements, tables
from tests.moves.ledger.clients import APPEND, Record, at_work
from tests.moves.tenants import Leader
from tests.proof.cases.slots import settled
from tests.proof.cases.switchover import _ready
from tests.proof.scene import Scene
from tests.waiting import wait_for

SHARDS = (two_shards.SENDER, two_shards.RECEIVER)
PATIENCE_SECONDS, WHOLE_SECONDS = 60, 180
VMS = 30
SLOTS = "SELECT slot_name, active_pid FROM pg_replication_slots WHERE slot_name LIKE %s"


@dataclass
class Ground:
    """`moving` are on the first shard to begin with, `staying` on one each, for good. `stop` ends the clients, after
    which `records` are complete. `found` are leftovers that were there before. `measured`: clients write to a
    hypertable too."""

    scene: Scene
    moving: tuple[Stream, ...]
    staying: dict[str, Stream]
    records: dict[str, Record]
    found: frozenset[str]
    measured: bool
    stop: Callable[[], None]

    @property
    def left_behind(self) -> list[str]:
        return [one.sentence for one in leftovers() if one.key not in self.found]


def stream(own_schema: bool) -> Stream:
    name = f"moved_{uuid4().hex[:12]}"
    return two_shards.own_schema(name, 1) if own_schema else two_shards.in_shared_tables(name, 1)


@contextmanager
def ground(scene: Scene, moving: Sequence[Stream], clients: int, every: float) -> Iterator[Ground]:
    """Inside the fleet. So many clients for each tenant that moves, and one for each that stays."""
    await_whole()
    staying = {shard: stream(own_schema=False) for shard in SHARDS}
    several = [(one, SHARDS[0]) for one in moving] + [(one, shard) for shard, one in staying.items()]
    counts = {one.tenant_id: clients if one in moving else 1 for one, _ in several}
    try:
        with leaders() as found:
            tables.create(found.values())
            measured = measurements.possible(found.values())
            if measured:
                measurements.create(found.values())
            for one, shard in several:
                _settle(found[shard], one, shard)
                if measured:
                    _measure(found[shard], one, counts[one.tenant_id])
        before = frozenset(one.key for one in leftovers())
        with _router(scene) as router, ExitStack() as work:
            append = measurements.APPEND if measured else APPEND
            records = work.enter_context(at_work(router, counts, every, append))
            wait_for(lambda: all(len(one.writes) > 3 for one in records.values()), "all clients to write")
            yield Ground(scene, tuple(moving), staying, records, before, measured, work.close)
    finally:
        # One that still goes on would make again what is taken away here.
        scene.kill_workers()
        await_whole()
        with leaders() as found:
            _end([one for one, _ in several], found)
            tables.drop(found.values())
            measurements.drop(found.values())


@contextmanager
def leaders() -> Iterator[dict[str, Leader]]:
    """Sessions on those that lead now."""
    with ExitStack() as stack:
        yield {shard: stack.enter_context(on_shard.session(shard)) for shard in SHARDS}


def await_whole() -> None:
    """Each shard has its leader, its synchronous standby and a pool that leads there; the caches are whole."""
    for shard in SHARDS:
        try:
            wait_for(lambda: _whole(shard), f"{shard} to be whole", PATIENCE_SECONDS)  # noqa: B023
        except AssertionError:
            _reinitialise(shard)
            wait_for(lambda: _whole(shard), f"{shard} to be whole", WHOLE_SECONDS)  # noqa: B023
    wait_for(lambda: settled(gather()), "the Redis Cluster to be whole", WHOLE_SECONDS)


def _whole(shard: str) -> bool:
    for target in targets_of(shard, "patroni"):
        with suppress(ShardError):
            if not _ready(Patroni(target).cluster()):
                return False
            with psycopg.connect(make_conninfo(connect_timeout=5, **pool_address(shard).primary)) as session:
                row = session.execute("SELECT pg_is_in_recovery()").fetchone()
            return row == (False,)
    return False


def _reinitialise(shard: str) -> None:
    """Members that were killed again and again may wait for WAL that nobody has: then a person does this."""
    for target in targets_of(shard, "patroni"):
        with suppress(ShardError):
            cluster = Patroni(target).cluster()
            sick = {member.name for member in cluster.members if not (member.leads or member.healthy)}
            if target.name in sick:
                Patroni(target).reinitialise()


@contextmanager
def _router(scene: Scene) -> Iterator[Router]:
    """Asks the control database where tenants are, as applications do. Each of its threads has a connection of its own,
    which ends with the thread."""
    asked = source(scene.fleet)

    def find(tenant: str) -> object:
        try:
            return asked(tenant)
        finally:
            connection.close()

    router = Router(find, {shard: pool_address(shard) for shard in SHARDS}, connections=16)  # type: ignore[arg-type]
    try:
        yield router
    finally:
        router.close()


def _settle(leader: Leader, one: Stream, shard: str) -> None:
    """The tenant lives on the shard, with rows in all tables and in the ledger."""
    two_shards.enrol(leader, one)
    if one.schema_name:
        leader.execute("SELECT novaops_schema.create_tenant_schema(%s, current_date - 60)", (one.tenant_id,))
        tables.create([leader], one.schema_name)
    tenants.fill(leader, one, VMS)
    tables.open_accounts(leader, one.tenant_id, one.schema_name or "public")
    tenants.place(one, shard)


def _measure(leader: Leader, one: Stream, clients: int) -> None:
    if one.schema_name:
        measurements.create([leader], one.schema_name)
    measurements.open_totals(leader, one.tenant_id, clients, one.schema_name or "public")


def _end(several: Sequence[Stream], found: dict[str, Leader]) -> None:
    """All of them, and what moves left that did not come to their end: the next attempt must not find it."""
    names = [one.tenant_id for one in several]
    if Operation.objects.filter(ended_at=None).exists():
        OperationLock.objects.all().delete()
        Operation.objects.filter(ended_at=None).update(status="errored", ended_at=timezone.now(), lease_until=None)
    for move in Move.objects.filter(tenant_id__in=names).exclude(phase__in=OVER):
        for shard, leader in found.items():
            _take_away(shard, leader, stream_of(move))
        Move.objects.filter(pk=move.pk).update(phase=Phase.REVERTED)
    for leader in found.values():
        for one in several:
            two_shards.clear(leader, one)
    Placement.objects.filter(tenant_id__in=names).delete()


def _take_away(shard: str, leader: Leader, one: Stream) -> None:
    named = one.name.rsplit("_", 1)[0].replace("_", "\\_") + "%"
    for slot, reader in leader.execute(SLOTS, (named,)).fetchall():
        if reader:
            leader.execute("SELECT pg_terminate_backend(%s, 5000)", (reader,))
        leader.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
        forget_dropped(shard, slot)
    for (name,) in leader.execute("SELECT pubname FROM pg_publication WHERE pubname LIKE %s", (named,)).fetchall():
        leader.execute(f'DROP PUBLICATION "{name}"'.encode())
    for direction in (one, one.reversed):
        two_shards.clear(leader, direction)
