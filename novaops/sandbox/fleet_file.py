"""The sandbox's servers, written down in the form in which any fleet is imported."""

from typing import Any

import yaml

from novaops.sandbox.layout import HOST, Layout, Shard
from novaops.sandbox.servers import bootstrap, nats, patroni
from novaops.sandbox.servers.redis import CLUSTER_SECRET

SLUG, TITLE = "demo", "Demo fleet"
SHARD_WEIGHT = 100


def document(layout: Layout) -> dict[str, Any]:
    """The fleet file as plain data; passwords are named by file, never written out."""
    return {
        "fleet": SLUG,
        "name": TITLE,
        "credentials": {
            "postgres": _credential(bootstrap.CONSOLE_ROLE),
            "application": _credential(bootstrap.APPLICATION_ROLE),
            "patroni": _credential(patroni.REST_USER),
            "pgbouncer": _credential(bootstrap.CONSOLE_ROLE),
            "redis": _credential("default", CLUSTER_SECRET),
        },
        "etcd": [{"name": node.name, "url": f"http://{_at(node.client)}"} for node in layout.etcd],
        "shards": [_shard(shard) for shard in layout.shards],
        "redis": [{"name": node.name, "address": _at(node.port)} for node in layout.redis],
        "memcached": [{"name": name, "address": _at(port)} for name, port in layout.memcached],
        "nats": [
            {"name": nats.NAME, "address": _at(layout.nats), "monitor": f"http://{_at(layout.nats_monitor)}"},
        ],
    }


HEADER = """\
# The servers of this sandbox, in the form in which any fleet is described: `manage.py fleet import FILE` registers it.
# Written anew at every start. Passwords stand in the named files, beside this one.
"""


def write(layout: Layout) -> None:
    layout.fleet_file.write_text(HEADER + yaml.safe_dump(document(layout), sort_keys=False))


def _shard(shard: Shard) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": shard.name,
        "cluster": shard.name,
        "weight": SHARD_WEIGHT,
        "database": bootstrap.DATABASE,
        "members": [
            {
                "name": member.name,
                "postgres": _at(member.postgres),
                "patroni": f"http://{_at(member.patroni)}",
            }
            for member in shard.members
        ],
        "pools": [
            {"name": pool.name, "address": _at(pool.port), "primary": "primary", "replica": "replica"}
            for pool in shard.pools
        ],
    }
    return entry | ({"address": _at(shard.address)} if shard.address else {})


def _credential(username: str, secret: str | None = None) -> dict[str, Any]:
    return {"username": username, "password": {"file": f"secrets/{secret or username}"}}


def _at(port: int) -> str:
    return f"{HOST}:{port}"
