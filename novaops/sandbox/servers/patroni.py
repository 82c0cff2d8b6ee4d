"""Patroni: three PostgreSQL members per shard: leader, synchronous standby, asynchronous replica."""

from typing import Any

import yaml

from novaops.sandbox import probe
from novaops.sandbox.layout import HOST, Member, Shard
from novaops.sandbox.servers import bootstrap, patroni_versions
from novaops.sandbox.servers.first_start import NAMESPACE
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

SUPERUSER, REPLICATOR, REWINDER, REST_USER = "postgres", "replicator", "rewinder", "patroni"
# ttl must be at least loop_wait + 2 * retry_timeout.
TTL, LOOP_WAIT, RETRY_TIMEOUT = 20, 4, 5
# The change stream's, by the name that the console gives it: here from the beginning, so that no member is restarted.
STREAM_SLOT = "novaops_stream_demo"

PARAMETERS: dict[str, Any] = {
    "wal_level": "logical",
    "max_connections": 100,
    "max_worker_processes": 16,
    "max_parallel_workers": 2,
    "max_wal_senders": 20,
    "max_replication_slots": 20,
    "max_prepared_transactions": 10,
    "hot_standby": "on",
    "wal_log_hints": "on",
    "wal_keep_size": "128MB",
    "max_slot_wal_keep_size": "2GB",
    "min_wal_size": "80MB",
    "max_wal_size": "512MB",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "256MB",
    "random_page_cost": 1.1,
    "jit": "off",
    "track_io_timing": "on",
    "track_commit_timestamp": "on",
    "password_encryption": "scram-sha-256",
    "pg_stat_statements.max": 1000,
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "unix_socket_directories": "",
    "timezone": "UTC",
}


def specs(site: Site, shard: Shard) -> list[Spec]:
    return [_spec(site, shard, member) for member in shard.members]


def _spec(site: Site, shard: Shard, member: Member) -> Spec:
    text = yaml.safe_dump(configuration(site, shard, member), sort_keys=False)
    path = site.write(member.name, "patroni.yml", text)
    return Spec(
        name=member.name,
        argv=(str(patroni_versions.program(site, shard.name)), str(path)),
        cwd=site.layout.home(member.name),
        stage=Stage.SHARD,
        port=member.postgres,
        ready=probe.web(member.patroni, "/health"),
        # Longer than the leader's lease, so that a killed leader is a real automatic failover.
        restart_after=30.0,
        grace=30.0,
        data=site.layout.data(member.name),
        ready_within=90.0,
        env={"PATH": f"{site.binaries.postgres}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )


def configuration(site: Site, shard: Shard, member: Member) -> dict[str, Any]:
    """The member's patroni.yml."""
    rest = f"{HOST}:{member.patroni}"
    return {
        "scope": shard.name,
        "namespace": NAMESPACE,
        "name": member.name,
        "log": {"level": "INFO"},
        "restapi": {
            "listen": rest,
            "connect_address": rest,
            "authentication": {"username": REST_USER, "password": site.secret("patroni")},
        },
        "etcd3": {"hosts": [f"{HOST}:{node.client}" for node in site.layout.etcd]},
        "bootstrap": _bootstrap(site, shard),
        "postgresql": _postgresql(site, member),
        "watchdog": {"mode": "off"},
    }


def _bootstrap(site: Site, shard: Shard) -> dict[str, Any]:
    return {
        "dcs": {
            "ttl": TTL,
            "loop_wait": LOOP_WAIT,
            "retry_timeout": RETRY_TIMEOUT,
            "maximum_lag_on_failover": 16 * 1024 * 1024,
            "synchronous_mode": True,
            # The leader stays while it can reach all members, even when etcd is away.
            "failsafe_mode": True,
            "slots": {STREAM_SLOT: {"type": "logical", "database": bootstrap.DATABASE, "plugin": "pgoutput"}},
            "postgresql": {
                "use_pg_rewind": True,
                "use_slots": True,
                "parameters": PARAMETERS | bootstrap.parameters(site),
            },
        },
        "initdb": ["data-checksums", {"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
        "post_bootstrap": bootstrap.command(site, shard),
    }


def _postgresql(site: Site, member: Member) -> dict[str, Any]:
    address = f"{HOST}:{member.postgres}"
    return {
        "listen": address,
        "connect_address": address,
        "data_dir": str(site.layout.data(member.name)),
        "bin_dir": str(site.binaries.postgres),
        "pgpass": str(site.layout.home(member.name) / "pgpass"),
        "authentication": {
            "superuser": {"username": SUPERUSER, "password": site.secret("postgres")},
            "replication": {"username": REPLICATOR, "password": site.secret("replicator")},
            "rewind": {"username": REWINDER, "password": site.secret("rewinder")},
        },
        "basebackup": [{"checkpoint": "fast"}],
        "pg_hba": [f"host all all {HOST}/32 scram-sha-256", f"host replication all {HOST}/32 scram-sha-256"],
    }
