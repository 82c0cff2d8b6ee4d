"""What an application sees of other tenants: nothing, whatever it tries."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from shards.dataplane.addresses import ShardDatabase, leader

Connect = Callable[[ShardDatabase], psycopg.Connection]
OWNER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def two_tenants(shared_shard: ShardDatabase) -> ShardDatabase:
    """`red` shares tables, `blue` too, `own` has a schema; each with one user and one VM."""
    with leader(shared_shard, "tests") as connection:
        connection.execute("INSERT INTO tenants (tenant_id, name) VALUES ('red', 'Red'), ('blue', 'Blue')")
        connection.execute("INSERT INTO tenants VALUES ('own', 'Own', 'schema', 't_own')")
        connection.execute("SELECT novaops_schema.create_tenant_schema('own', current_date)")
        for home, tenant in (("public", "red"), ("public", "blue"), ("t_own", "own")):
            connection.execute("SELECT set_config('search_path', %s || ', public', false)", (home,))
            connection.execute(
                "INSERT INTO users (tenant_id, id, email, name) VALUES (%s, %s, 'a@b.example', 'A')", (tenant, OWNER)
            )
            connection.execute(
                "INSERT INTO vms (tenant_id, name, state_id, owner_id) VALUES (%s, %s, 3, %s)", (tenant, tenant, OWNER)
            )
    return shared_shard


def as_tenant(connection: psycopg.Connection, tenant: str) -> None:
    connection.execute("SELECT set_config('novaops.tenant_id', %s, true)", (tenant,))


def test_without_a_tenant_there_are_no_rows(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with as_application(two_tenants) as connection:
        for table in (b"tenants", b"users", b"vms", b"vms_hot", b"vms_cold", b"vm_audit", b"vm_metrics", b"t_own.vms"):
            assert connection.execute(b"SELECT count(*) FROM " + table).fetchone() == (0,), table


def test_a_tenant_sees_its_own_rows_only(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with as_application(two_tenants) as connection:
        as_tenant(connection, "red")
        assert connection.execute("SELECT name FROM vms").fetchall() == [("red",)]
        assert connection.execute("SELECT tenant_id FROM tenants").fetchall() == [("red",)]
        assert connection.execute("SELECT name FROM t_own.vms").fetchall() == []


def test_the_setting_ends_with_its_transaction(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with as_application(two_tenants) as connection:
        with connection.transaction():
            as_tenant(connection, "red")
        assert connection.execute("SELECT count(*) FROM vms").fetchone() == (0,)


def test_no_row_can_be_written_for_another_tenant(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with as_application(two_tenants) as connection:
        as_tenant(connection, "red")
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                "INSERT INTO vms_hot (tenant_id, id, name, state_id) VALUES ('blue', %s, 'x', 3)", (OWNER,)
            )


def test_no_row_can_be_given_to_another_tenant(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with as_application(two_tenants) as connection:
        as_tenant(connection, "red")
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("UPDATE vms SET tenant_id = 'blue'")


def test_partitions_cannot_be_read_around_the_policy(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with leader(two_tenants, "tests") as owner:
        query = "SELECT tableoid::regclass::text FROM vms WHERE tenant_id = 'blue'"
        partition = owner.execute(query).fetchone()
    assert partition
    with as_application(two_tenants) as connection, pytest.raises(errors.InsufficientPrivilege, match="permission"):
        connection.execute(f"SELECT * FROM {partition[0]}".encode())


def test_a_tenant_with_a_schema_uses_the_same_statements(two_tenants: ShardDatabase, as_application: Connect) -> None:
    with as_application(two_tenants) as connection:
        as_tenant(connection, "own")
        connection.execute("SET LOCAL search_path = t_own, public")
        assert connection.execute("SELECT name FROM vms").fetchall() == [("own",)]
        assert connection.execute("SELECT count(*) FROM resource_profiles").fetchone() == (9,)
