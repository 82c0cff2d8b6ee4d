"""The fleet as its file describes it, in plain values: so that what an import changed can be shown. No password."""

import hashlib
from typing import Any

from novaops.inventory.models import Credential, Server, Shard

Picture = dict[str, dict[str, Any]]
"""Each part by its name, such as "postgres shard-1-a" or "shard shard-1"."""


def picture() -> Picture:
    """Of what the last import named, in the fleet whose schema the connection is on."""
    servers = Server.objects.filter(present=True).select_related("shard", "credential")
    shards = Shard.objects.filter(present=True).select_related("application")
    return {
        **{f"shard {one.name}": _shard(one) for one in shards},
        **{f"{one.kind} {one.name}": _server(one) for one in servers},
        **{f"login {one.name}": _login(one) for one in Credential.objects.all()},
    }


def differing(before: Picture, after: Picture) -> tuple[Picture, Picture]:
    """Both without the parts that are the same."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before[name] for name in names if name in before}, {
        name: after[name] for name in names if name in after
    }


def _shard(shard: Shard) -> dict[str, Any]:
    found: dict[str, Any] = {"cluster": shard.cluster, "database": shard.database, "weight": shard.weight}
    found |= {"address": shard.address} if shard.address else {}
    return {**found, "applications_sign_in_as": shard.application.name} if shard.application else found


def _server(server: Server) -> dict[str, Any]:
    said = {
        "address": f"{server.host}:{server.port}",
        "url": server.url,
        "options": server.options,
        "shard": server.shard.name if server.shard else "",
        "login": server.credential.name if server.credential else "",
    }
    return {name: value for name, value in said.items() if value}


def _login(credential: Credential) -> dict[str, Any]:
    """`sealed` tells only that the password is another one: it is a digest of what is encrypted."""
    sealed = hashlib.sha256(bytes(credential.password_encrypted)).hexdigest()[:8]
    return {"username": credential.username, "sealed": sealed if credential.password_encrypted else ""}
