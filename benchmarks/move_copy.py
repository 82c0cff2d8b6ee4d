"""How fast a move copies, beside what one does by hand with the same rows: `psql COPY` into `psql COPY`, into a twin of
the tables with the same indexes and constraints; and beside a plain subscription of PostgreSQL's own, into the tables
themselves; while nobody writes, and under 500 updates a second of the tenant's rows. Rounds alternate; medians count.
While nobody writes, the processor time of all servers of both shards, and of this process, is compared too.
NOVAOPS_BENCH_TIMES=10 copies 1 GB in place of 100 MB, NOVAOPS_BENCH_ROUNDS says how often."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django_tenants.utils import schema_context

from benchmarks import processor
from benchmarks.environment import FLEET, Environment
from benchmarks.move_copy_tables import MARK, ROWS, SCHEMA, TWIN, Tenant, address, connect, counts, fill, twin
from benchmarks.move_writes import Orders, writing
from novaops.inventory import reading
from novaops.inventory.services import import_fleet
from novaops.inventory.targets import Target
from novaops.operations.contract import Lock, StepContext
from shards import fences
from shards.dataplane import migrations, migrator
from shards.dataplane.targets import shard_databases
from shards.moves import housing
from shards.moves.catalog import tables_of
from shards.moves.copying.copy import copy
from shards.moves.copying.indexes import complete
from shards.moves.sessions import Leaders, leaders_of, receiving, sending
from shards.moves.tables import Table
from shards.moves.throttle import Unhindered
from tests.waiting import wait_for

ROUNDS = int(os.environ.get("NOVAOPS_BENCH_ROUNDS", "3"))
WRITES_A_SECOND = 500.0
SUBSCRIPTION = "bench_subscription"
NAMES = {"ours": "copy", "by_hand": "by_hand", "subscription": "subscription"}
WRITTEN = "SELECT pg_current_wal_lsn()"
REPLAYED = "SELECT bool_and(replay_lsn >= %s) FROM pg_stat_replication WHERE state = 'streaming'"
READY = "SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel"
FORGOTTEN = (
    b"DELETE FROM novaops_schema.arrival_chunks",
    b"DELETE FROM novaops_schema.arrivals",
    b"DELETE FROM novaops_schema.partition_plan WHERE table_schema = %(schema)s",
    b"DELETE FROM public.tenants WHERE tenant_id = %(tenant)s",
)
TIMES = float(os.environ.get("NOVAOPS_BENCH_TIMES", "1"))


def main(environment: Environment) -> dict[str, object]:
    described = reading.read(environment.state / "fleet.yml").model_copy(update={"fleet": FLEET, "name": FLEET})
    import_fleet(described, environment.state)
    with schema_context(f"fleet_{FLEET}"):
        for shard in shard_databases():
            migrator.migrate(shard, migrations.load(), lambda _: None)
        return measure(environment, TIMES)


def measure(environment: Environment, times: float = 1, rounds: int = ROUNDS) -> dict[str, object]:
    """Inside a fleet with two shards whose data plane is migrated; of a tenant in shared tables and one with a schema
    of its own, of `times` 100 MB each. Leaves nothing behind."""
    figures: dict[str, object] = {"megabytes": round(100 * times)}
    for kind, tenant in (("", ROWS), ("schema_", SCHEMA)):
        found = Side(environment, tenant, leaders_of(tenant.stream)).compare(times, rounds)
        figures |= {f"{kind}{name}": value for name, value in found.items()}
    return figures


@dataclass(slots=True)
class Took:
    """`processor` seconds count until the replicas have it all."""

    seconds: float = 0.0
    processor: float = 0.0


def _ratios(took: Mapping[str, float], under: str) -> dict[str, object]:
    return {
        f"{under}copy_ratio": round(took["by_hand"] / took["ours"], 2),
        f"{under}subscription_ratio": round(took["subscription"] / took["ours"], 2),
        **{f"{under}{name}_seconds": round(took[way], 2) for way, name in NAMES.items()},
    }


def _processor_ratios(took: Mapping[str, float]) -> dict[str, object]:
    """Their names end otherwise than those of the ratios by the clock."""
    return {f"{name}_processor": value for name, value in _ratios(took, "").items()}


class Side:
    """One tenant, copied in several ways. Each leaves the receiver as it was."""

    def __init__(self, environment: Environment, tenant: Tenant, leaders: Leaders) -> None:
        self.tenant, self.stream, self.leaders = tenant, tenant.stream, leaders
        self.sender, self.receiver = connect(leaders.sender), connect(leaders.receiver)
        self.state = environment.state
        self.superuser = (environment.state / "secrets" / "postgres").read_text().strip()
        self.context = StepContext(
            MARK.operation, 1, {}, lambda *_: None, lambda line: None, locks=(Lock("tenant", tenant.name),)
        )

    def compare(self, times: float, rounds: int) -> dict[str, object]:
        ways: dict[str, Callable[[], Took]] = {
            "ours": self.ours,
            "by_hand": self.by_hand,
            "subscription": self.subscribed,
        }
        try:
            self.clear()
            fill(self.sender, self.tenant, times)
            seconds, spent = self._took(ways, rounds, "")
            figures = _ratios(seconds, "") | _processor_ratios(spent)
            with writing(self._orders()) as written:
                figures |= _ratios(self._took(ways, rounds, "written to, ")[0], "writes_")
        finally:
            self.clear(both=True)
        return {**figures, "writes_per_s": round(written.a_second)}

    def _took(
        self, ways: Mapping[str, Callable[[], Took]], rounds: int, words: str
    ) -> tuple[dict[str, float], dict[str, float]]:
        """By the clock and by the processor: the median of each way."""
        found: dict[str, list[Took]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                took = way()
                found[name].append(took)
                said = f"{took.seconds:.2f} s, {took.processor:.2f} s of processor time"
                print(f"{self.tenant.name}, {words}{name}: {said}", flush=True)
        return (
            {name: statistics.median(took.seconds for took in several) for name, several in found.items()},
            {name: statistics.median(took.processor for took in several) for name, several in found.items()},
        )

    @contextmanager
    def _measured(self) -> Iterator[Took]:
        took = Took()
        before, began = processor.seconds(self.state), time.perf_counter()
        yield took
        took.seconds = time.perf_counter() - began
        written = self.receiver.execute(WRITTEN).fetchone()
        wait_for(lambda: self.receiver.execute(REPLAYED, written).fetchone() == (True,), "the replicas", 600, 0.02)
        took.processor = processor.seconds(self.state) - before

    def _orders(self) -> Orders:
        return Orders(address(self.leaders.sender), self.tenant.home, self.tenant.name, WRITES_A_SECOND)

    def ours(self) -> Took:
        tables = self._arrive()
        with self._measured() as took:
            copied = copy(self.context, self.stream, tables, Unhindered())
        self._check(self.tenant.home)
        if copied.rows != sum(counts(self.sender, self.tenant.home, self.tenant)):
            raise RuntimeError(f"{copied.rows} rows were copied.")
        self.clear()
        return took

    def by_hand(self) -> Took:
        twin(self.receiver, self.tenant)
        self.receiver.execute("CHECKPOINT")
        with self._measured() as took:
            for name in self.tenant.tables:
                out = _psql(self.leaders.sender, self.tenant.copied(name), stdout=subprocess.PIPE)
                into = _psql(self.leaders.receiver, f"COPY {TWIN}.{name} FROM STDIN (FORMAT binary)", stdin=out.stdout)
                if into.wait() or out.wait():
                    raise RuntimeError("psql did not end well.")
        self._check(TWIN)
        self.clear()
        return took

    def subscribed(self) -> Took:
        self._arrive()
        complete(self.context, self.stream, 1)
        names = [f"{self.tenant.home}.{name}" for name in self.tenant.tables]
        rows = f" WHERE ({self.tenant.owned})" if self.tenant.home == "public" else ""
        published = ", ".join(f"TABLE {name}{rows}" for name in names)
        options = "WITH (publish_via_partition_root = true)"
        self.sender.execute(f"CREATE PUBLICATION {SUBSCRIPTION} FOR {published} {options}".encode())
        target, admin = self.leaders.sender, connect(self.leaders.receiver, "postgres", self.superuser)
        source = (
            f"host={target.host} port={target.port} dbname={target.database} user=postgres password={self.superuser}"
        )
        made = f"CREATE SUBSCRIPTION {SUBSCRIPTION} CONNECTION '{source}' PUBLICATION {SUBSCRIPTION}"
        with admin:
            try:
                with self._measured() as took:
                    admin.execute(made.encode())
                    wait_for(lambda: admin.execute(READY).fetchone() == (True,), "the subscription's rows", 600, 0.02)
            finally:
                admin.execute(f"DROP SUBSCRIPTION IF EXISTS {SUBSCRIPTION}".encode())
                self.sender.execute(f"DROP PUBLICATION {SUBSCRIPTION}".encode())
        self._check(self.tenant.home)
        self.clear()
        return took

    def _arrive(self) -> tuple[Table, ...]:
        """What a move has made before it copies."""
        with sending(self.stream, 600) as sender, receiving(self.stream, 600) as receiver:
            with fences.writing(receiver, self.context):
                receiver.execute(
                    "INSERT INTO public.tenants (tenant_id, name, isolation, schema_name, gate)"
                    " VALUES (%s, %s, %s, %s, 'arriving')",
                    (
                        self.tenant.name,
                        self.tenant.name,
                        "schema" if self.stream.schema_name else "rows",
                        self.stream.schema_name or None,
                    ),
                )
                receiver.execute(
                    "INSERT INTO novaops_schema.arrivals (stream, tenant_id) VALUES (%s, %s)",
                    (self.stream.name, self.tenant.name),
                )
            housing.build(self.context, self.stream, sender, receiver)
            receiver.execute("CHECKPOINT")
            return tables_of(sender, self.stream)

    def _check(self, home: str) -> None:
        if counts(self.receiver, home, self.tenant) != counts(self.sender, self.tenant.home, self.tenant):
            raise RuntimeError(f"Rows are missing in {home}.")

    def clear(self, both: bool = False) -> None:
        for session in (self.receiver, self.sender) if both else (self.receiver,):
            session.execute("SET session_replication_role = replica")
            session.execute(f"DROP SCHEMA IF EXISTS {TWIN} CASCADE".encode())
            if self.stream.schema_name:
                session.execute(f"DROP SCHEMA IF EXISTS {self.stream.schema_name} CASCADE".encode())
            else:
                # Emptied, so that no round meets the dead rows of another; nobody else is in the benchmark's fleet.
                for name in self.tenant.tables:
                    session.execute(f"TRUNCATE public.{name}".encode())
            for statement in FORGOTTEN:
                session.execute(statement, {"tenant": self.tenant.name, "schema": self.stream.schema_name})
            session.execute("RESET session_replication_role")


def _psql(target: Target, command: str, **pipes: Any) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PGPASSWORD": target.login.password}
    login = ["-h", target.host, "-p", str(target.port), "-U", target.login.username, "-d", target.database]
    called = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", *login, "-c", command]
    return subprocess.Popen(called, env=environment, **pipes)
