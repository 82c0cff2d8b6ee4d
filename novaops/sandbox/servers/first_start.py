"""A shard's first start that was interrupted leaves half a database: nobody has used it, so it is begun again."""

import base64
import http.client
import json
import shutil
from pathlib import Path

from novaops.sandbox.layout import HOST, Layout, Shard
from novaops.sandbox.problems import SandboxError

NAMESPACE = "/novaops/"
TIMEOUT = 5.0


def remember_whole(layout: Layout, shard: Shard) -> None:
    """The shard was whole once: from now on its data is kept, whatever happens."""
    _mark(layout, shard).touch()


def forget_unfinished(layout: Layout, shard: Shard) -> None:
    """Where the shard was never whole: delete its members' data and what they wrote into etcd."""
    if _mark(layout, shard).exists():
        return
    for member in shard.members:
        shutil.rmtree(layout.data(member.name), ignore_errors=True)
    _delete_keys(layout.etcd[0].client, f"{NAMESPACE}{shard.name}/")


def _mark(layout: Layout, shard: Shard) -> Path:
    return layout.state / "servers" / f"{shard.name}.whole"


def _delete_keys(port: int, prefix: str) -> None:
    """Every key that begins with the prefix; etcd's range ends before the next possible prefix."""
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    body = json.dumps({"key": _encoded(prefix), "range_end": _encoded(after)})
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        connection.request("POST", "/v3/kv/deleterange", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read().decode(errors="replace")
    finally:
        connection.close()
    if reply.status != http.client.OK:
        raise SandboxError(f"etcd refused to forget {prefix}: {text[:200]}")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
