"""Configuration of the servers, where a mistake would only show much later."""

from pathlib import Path

import yaml

from novaops.sandbox.account import Account
from novaops.sandbox.binaries import Binaries
from novaops.sandbox.layout import Layout
from novaops.sandbox.servers import bootstrap, memcached, nats, patroni, pgbouncer, redis, redis_cluster
from novaops.sandbox.site import Site

PROGRAMS = ("patroni", "etcd", "pgbouncer", "redis-server", "memcached", "nats-server")


def site(state: Path, timescale: bool = False) -> Site:
    programs = {name: f"/usr/bin/{name}" for name in PROGRAMS}
    return Site(Layout(state), Binaries(Path("/usr/lib/postgresql/15/bin"), 15, timescale, programs), Account(0, 0))


def test_the_leaders_lease_outlasts_one_loop_with_two_retries() -> None:
    assert patroni.TTL >= patroni.LOOP_WAIT + 2 * patroni.RETRY_TIMEOUT


def test_a_killed_leader_stays_away_longer_than_its_lease(tmp_path: Path) -> None:
    here = site(tmp_path)
    specs = patroni.specs(here, here.layout.shards[0])
    assert all(spec.restart_after > patroni.TTL for spec in specs)


def test_timescale_is_preloaded_first_and_only_where_it_is_packaged(tmp_path: Path) -> None:
    assert bootstrap.parameters(site(tmp_path, timescale=True))["shared_preload_libraries"] == (
        "timescaledb,pg_stat_statements"
    )
    assert bootstrap.parameters(site(tmp_path))["shared_preload_libraries"] == "pg_stat_statements"
    assert "timescaledb" in bootstrap.extensions_sql(timescale=True)
    assert "timescaledb" not in bootstrap.extensions_sql(timescale=False)


def test_members_share_the_passwords_and_nothing_is_readable_by_others(tmp_path: Path) -> None:
    here = site(tmp_path)
    shard = here.layout.shards[0]
    patroni.specs(here, shard)
    files = [here.layout.home(member.name) / "patroni.yml" for member in shard.members]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    found = [yaml.safe_load(file.read_text())["postgresql"]["authentication"] for file in files]
    assert found[0] == found[1] == found[2]


def test_every_slot_of_the_cluster_has_exactly_one_master() -> None:
    covered = [slot for first, last in redis_cluster.slot_ranges() for slot in range(first, last + 1)]
    assert covered == list(range(redis_cluster.SLOTS))


def test_every_server_listens_on_loopback_only(tmp_path: Path) -> None:
    here = site(tmp_path)
    redis.specs(here), redis.broker(here), nats.spec(here), pgbouncer.specs(here)
    listening = {
        "redis-1": "redis.conf",
        "broker": "redis.conf",
        "nats-1": "nats.conf",
        "shard-1-pool": "pgbouncer.ini",
    }
    texts = {name: (here.layout.home(name) / file).read_text() for name, file in listening.items()}
    assert all("127.0.0.1" in text and "0.0.0.0" not in text for text in texts.values())
    assert all("127.0.0.1" in spec.argv for spec in memcached.specs(here))


def test_a_pool_keeps_the_targets_that_the_follower_gave_it(tmp_path: Path) -> None:
    here = site(tmp_path)
    pgbouncer.specs(here)
    databases = here.layout.home("shard-1-pool") / pgbouncer.DATABASES
    databases.write_text("[databases]\nprimary = host=127.0.0.1 port=17105 dbname=novacron\n")
    pgbouncer.specs(here)
    assert "17105" in databases.read_text()
