"""A migration that runs into a reader's lock is tried again."""

import threading

import psycopg

from shards.dataplane import migrations, migrator
from shards.dataplane.addresses import ShardDatabase, leader
from shards.dataplane.patience import patiently
from tests.waiting import wait_for


def test_a_deadlocked_transaction_is_tried_again(shared_shard: ShardDatabase) -> None:
    """Two transactions take two advisory locks in opposite order; the loser's second try finds them free."""
    done: list[str] = []
    first_taken = {"one": threading.Event(), "two": threading.Event()}

    def take(name: str, mine: int, theirs: int) -> None:
        other = "two" if name == "one" else "one"
        with leader(shared_shard, name) as connection:

            def both() -> None:
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", (mine,))
                    first_taken[name].set()
                    first_taken[other].wait(30)
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", (theirs,))

            patiently(both)
            done.append(name)

    threads = [threading.Thread(target=take, args=("one", 11, 12)), threading.Thread(target=take, args=("two", 12, 11))]
    for thread in threads:
        thread.start()
    wait_for(lambda: sorted(done) == ["one", "two"], "both transactions to end")
    for thread in threads:
        thread.join()


def test_a_migration_waits_for_a_reader(empty_shard: ShardDatabase) -> None:
    wanted = migrations.load()
    migrator.migrate(empty_shard, wanted[:2], lambda _: None)
    applied: list[str] = []
    with leader(empty_shard, "reader") as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM vms")
        thread = threading.Thread(target=lambda: migrator.migrate(empty_shard, wanted, applied.append))
        thread.start()
        wait_for(lambda: _waits(reader), "the migrator to wait for the reader's lock")
    thread.join(120)
    assert len(applied) == len(wanted) - 2


def _waits(reader: psycopg.Connection) -> bool:
    row = reader.execute(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE NOT granted AND datname = current_database()"
    ).fetchone()
    return row != (0,)
