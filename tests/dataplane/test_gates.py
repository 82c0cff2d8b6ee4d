"""Gates on a real shard: who waits for whom, who is refused with what, and that nobody gets around them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from psycopg import errors

from novaops.inventory.targets import Login
from shards.dataplane.addresses import ShardDatabase, leader
from tests.dataplane.gates import add_tenant, cutover, enter, flip, refused, rows, wait_for_waiters, write
from tests.waiting import wait_for

Connect = Callable[[ShardDatabase], psycopg.Connection]
THERE = {"shard": "shard-2", "epoch": 2}


def cut(shard: ShardDatabase, tenant: str) -> None:
    with cutover(shard, tenant) as sender:
        flip(sender, tenant, "away", 2)


def come_late(connection: psycopg.Connection, tenant: str) -> None:
    with connection, refused(THERE):
        enter(connection, tenant)
        write(connection, tenant)


def test_a_cutover_waits_for_who_is_inside_and_turns_away_who_comes_later(
    shared_shard: ShardDatabase, as_application: Connect
) -> None:
    add_tenant(shared_shard, "turn")
    add_tenant(shared_shard, "bystander")
    with ThreadPoolExecutor(2) as pool, as_application(shared_shard) as inside:
        enter(inside, "turn")
        write(inside, "turn")
        mover = pool.submit(cut, shared_shard, "turn")
        wait_for_waiters(shared_shard, 1)
        late = pool.submit(come_late, as_application(shared_shard), "turn")
        wait_for_waiters(shared_shard, 2)
        with as_application(shared_shard) as other:
            enter(other, "bystander")
            write(other, "bystander")
        write(inside, "turn")
        inside.commit()
        mover.result()
        late.result()
    assert rows(shared_shard, "turn") == 2


def test_whoever_waited_for_a_cutover_that_failed_goes_on(shared_shard: ShardDatabase, as_application: Connect) -> None:
    add_tenant(shared_shard, "failed")
    with ThreadPoolExecutor(1) as pool, as_application(shared_shard) as late:
        with cutover(shared_shard, "failed") as sender:
            flip(sender, "failed", "away", 2)
            enter(late, "failed")
            writing = pool.submit(write, late, "failed")
            wait_for_waiters(shared_shard, 1)
            raise psycopg.Rollback
        writing.result()
    assert rows(shared_shard, "failed") == 1


@pytest.mark.parametrize(
    ("gate", "epoch", "told", "detail"),
    [
        ("open", 5, 4, {}),
        ("open", 5, 6, {}),
        ("arriving", 5, 4, {}),
        ("away", 5, 4, {"shard": "shard-2", "epoch": 5}),
        ("away", 5, None, {"shard": "shard-2", "epoch": 5}),
        ("arriving", 5, None, {}),
    ],
)
def test_a_wrong_placement_is_refused_by_reads_and_writes(
    shared_shard: ShardDatabase,
    as_application: Connect,
    gate: str,
    epoch: int,
    told: int | None,
    detail: dict[str, object],
) -> None:
    """The epoch of an open gate is not told: before a cutover is decided, nobody may learn it from who receives."""
    tenant = f"wrong {gate} {told}"
    add_tenant(shared_shard, tenant, gate, epoch)
    with as_application(shared_shard) as connection:
        with refused(detail), connection.transaction():
            connection.execute("SELECT novaops_schema.enter(%s, %s)", (tenant, told))
        with refused(detail):
            connection.execute(
                "SELECT set_config('novaops.tenant_id', %s, true), set_config('novaops.epoch', %s, true)",
                (tenant, str(told or "")),
            )
            write(connection, tenant)


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
@pytest.mark.parametrize("told", [1, None])
def test_an_old_snapshot_cannot_write(
    shared_shard: ShardDatabase, as_application: Connect, level: psycopg.IsolationLevel, told: int | None
) -> None:
    """The snapshot is taken before the flip, which it does not see, and the first write comes after it."""
    tenant = f"old {level.name} {told}"
    add_tenant(shared_shard, tenant)
    with as_application(shared_shard) as connection:
        connection.isolation_level = level
        connection.execute("SELECT novaops_schema.enter(%s, %s)", (tenant, told))
        cut(shared_shard, tenant)
        assert connection.execute("SELECT gate FROM tenants").fetchone() == ("open",)
        with pytest.raises(errors.SerializationFailure):
            write(connection, tenant)
        connection.rollback()
        with refused(THERE):
            connection.execute("SELECT novaops_schema.enter(%s, %s)", (tenant, told))


def test_a_snapshot_from_before_the_arrival_cannot_write(shared_shard: ShardDatabase) -> None:
    with leader(shared_shard, "tests") as job:
        job.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with refused({}), job.transaction():
            assert job.execute("SELECT FROM tenants WHERE tenant_id = 'unseen'").fetchone() is None
            add_tenant(shared_shard, "unseen", "arriving", 2)
            write(job, "unseen")
        with pytest.raises(errors.FeatureNotSupported, match="TRUNCATE needs READ"), job.transaction():
            job.execute("TRUNCATE vms_cold")


def test_what_is_rolled_back_has_not_passed(shared_shard: ShardDatabase, as_application: Connect) -> None:
    """The lock went with the savepoint, and so did the knowledge of having passed."""
    add_tenant(shared_shard, "savepoint")
    with as_application(shared_shard) as connection:
        enter(connection, "savepoint")
        with connection.transaction(force_rollback=True):
            write(connection, "savepoint")
        cut(shared_shard, "savepoint")
        with refused(THERE):
            write(connection, "savepoint")


METRIC = b"INSERT INTO vm_metrics (time, tenant_id, vm_id, cpu_usage_percent) VALUES (now(), %s, gen_random_uuid(), 1)"
PARTITION = b"SELECT format('vm_metrics_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'))"


@pytest.mark.parametrize("setting", ["", "gone"])
def test_roles_that_no_policy_binds_are_refused_by_rows(shared_shard: ShardDatabase, setting: str) -> None:
    """Without a tenant, and with it; through the parent, and into a partition."""
    gone, stays = ("gone", "stays") if setting else ("gone too", "stays too")
    add_tenant(shared_shard, gone)
    add_tenant(shared_shard, stays)
    with leader(shared_shard, "tests") as job:
        job.execute("SELECT set_config('novaops.tenant_id', %s, false)", (setting,))
        row = job.execute(PARTITION).fetchone()
        assert row
        partition = row[0].encode()
        for tenant in (gone, stays):
            job.execute(METRIC, (tenant,))
            write(job, tenant)
        cut(shared_shard, gone)
        statements = [
            METRIC,
            METRIC.replace(b"vm_metrics", partition),
            b"UPDATE vm_metrics SET cpu_usage_percent = 2 WHERE tenant_id = %s",
            b"UPDATE " + partition + b" SET cpu_usage_percent = 2 WHERE tenant_id = %s",
            b"DELETE FROM vms_cold WHERE tenant_id = %s",
            b"DELETE FROM " + partition + b" WHERE tenant_id = %s",
            b"UPDATE vms_cold SET tenant_id = '" + gone.encode() + b"' WHERE tenant_id <> %s",
        ]
        for statement in statements:
            with refused(THERE):
                job.execute(statement, (gone,))
        with refused(THERE), job.cursor().copy("COPY vms_cold (tenant_id, id) FROM STDIN") as copy:
            for tenant in (stays, gone):
                copy.write_row((tenant, "00000000-0000-4000-8000-000000000001"))
        job.execute("RESET ALL")
        for statement in statements[:6]:
            job.execute(statement, (stays,))
        with refused({}):
            job.execute("TRUNCATE vm_metrics")
    assert rows(shared_shard, gone) == 1


def test_a_cutover_waits_for_those_who_write_rows_of_many(shared_shard: ShardDatabase) -> None:
    add_tenant(shared_shard, "many")
    with ThreadPoolExecutor(1) as pool, leader(shared_shard, "tests") as job:
        with job.transaction():
            write(job, "many")
            mover = pool.submit(cut, shared_shard, "many")
            wait_for_waiters(shared_shard, 1)
        mover.result()
    assert rows(shared_shard, "many") == 1


def test_a_session_is_asked_for_its_own_epoch_only(shared_shard: ShardDatabase) -> None:
    """A job that has entered as one tenant writes a row of another one that is here."""
    add_tenant(shared_shard, "entered", epoch=7)
    add_tenant(shared_shard, "another")
    with leader(shared_shard, "tests") as job, job.transaction():
        enter(job, "entered", 7)
        write(job, "another")
        write(job, "entered")
    assert rows(shared_shard, "another") == 1


def test_the_mover_writes_as_a_replica_does(shared_shard: ShardDatabase) -> None:
    add_tenant(shared_shard, "carried", "arriving", 2)
    with leader(shared_shard, "tests") as mover:
        mover.execute("SET session_replication_role = replica")
        write(mover, "carried")
        mover.execute(METRIC, ("carried",))
    assert rows(shared_shard, "carried") == 1


def test_tables_of_a_tenant_with_a_schema_are_guarded(shared_shard: ShardDatabase, as_application: Connect) -> None:
    """Those that say whose their rows are, and the application's own, by their owner; also partition by partition."""
    add_tenant(shared_shard, "own", schema="t_own")
    with leader(shared_shard, "tests") as job:
        job.execute("SELECT novaops_schema.create_tenant_schema('own', current_date)")
        job.execute("CREATE TABLE t_own.notes (id int PRIMARY KEY, text text) PARTITION BY RANGE (id)")
        job.execute("CREATE TABLE t_own.few PARTITION OF t_own.notes FOR VALUES FROM (0) TO (100)")
        guard = "SELECT novaops_schema.guard('t_own.notes', 'own')"
        assert [job.execute(guard).fetchone() for _ in range(2)] == [(True,), (False,)]
        job.execute("INSERT INTO t_own.notes VALUES (1, 'one')")
        cut(shared_shard, "own")
        for statement in (
            "INSERT INTO t_own.notes VALUES (2, 'two')",
            "UPDATE t_own.notes SET text = 'none'",
            "DELETE FROM t_own.few",
            "INSERT INTO t_own.few VALUES (2, 'two')",
            "TRUNCATE t_own.notes",
            "INSERT INTO t_own.vms_cold (id) VALUES (gen_random_uuid())",
        ):
            with refused(THERE):
                job.execute(statement)
        with refused({}):
            job.execute("TRUNCATE t_own.vms_cold")
        job.execute("DROP SCHEMA t_own CASCADE")


def test_readers_are_led_to_the_new_shard_by_replicas_too(
    shared_shard: ShardDatabase, as_application: Connect, state: object
) -> None:
    add_tenant(shared_shard, "read")
    with as_application(shared_shard) as primary:
        password = primary.info.password
    replica = replace(shared_shard, login=Login("novacron_app", password))
    with psycopg.connect(
        host=",".join(host for host, _ in replica.members),
        port=",".join(str(port) for _, port in replica.members),
        dbname=replica.database,
        user="novacron_app",
        password=password,
        target_session_attrs="standby",
        autocommit=True,
    ) as connection:

        def caught_up() -> bool:
            enter(connection, "read")
            return True

        wait_for(caught_up, "the tenant to be on the replica")
        wait_for(lambda: lag(connection) == 0, "an idle replica not to be behind")
        cut(shared_shard, "read")

        def led() -> bool:
            try:
                enter(connection, "read")
            except psycopg.Error as error:
                return error.sqlstate == "NV001" and "shard-2" in str(error.diag.message_detail)
            return False

        wait_for(led, "the replica to know of the move")
    with leader(shared_shard, "tests") as primary:
        assert lag(primary) == 0


def lag(connection: psycopg.Connection) -> float:
    row = connection.execute("SELECT novaops_schema.replay_lag()").fetchone()
    assert row
    return float(row[0])
