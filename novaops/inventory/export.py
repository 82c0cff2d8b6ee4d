"""The fleet as a fleet file again, without its passwords."""

from typing import Any

import yaml

from novaops.fleets.models import Fleet
from novaops.inventory.models import Credential, Server, ServerKind, Shard
from novaops.inventory.tls import options_of, tls_of


def export(fleet: Fleet) -> str:
    """YAML that can be imported once the environment variables that it names hold the passwords."""
    servers = list(Server.objects.filter(present=True).select_related("shard", "credential").order_by("name"))
    document = {
        "fleet": fleet.slug,
        "name": fleet.name,
        "credentials": {one.name: _credential(fleet, one) for one in Credential.objects.order_by("name")},
        "etcd": [_entry(one, url=one.url) for one in servers if one.kind == ServerKind.ETCD],
        "shards": [_shard(shard, servers) for shard in Shard.objects.filter(present=True).order_by("name")],
        "redis": [_redis(one) for one in servers if one.kind == ServerKind.REDIS],
        "memcached": [_entry(one, address=_at(one)) for one in servers if one.kind == ServerKind.MEMCACHED],
        "nats": [_nats(one) for one in servers if one.kind == ServerKind.NATS],
    }
    return yaml.safe_dump({key: value for key, value in document.items() if value}, sort_keys=False, allow_unicode=True)


def variable(fleet: str, credential: str) -> str:
    """The environment variable that an exported file asks for."""
    words = f"{fleet}_{credential}_PASSWORD".upper()
    return "".join(letter if letter.isalnum() else "_" for letter in words)


def _credential(fleet: Fleet, credential: Credential) -> dict[str, Any]:
    entry: dict[str, Any] = {"username": credential.username} if credential.username else {}
    if credential.password_encrypted:
        entry["password"] = {"env": variable(fleet.slug, credential.name)}
    return entry


def _shard(shard: Shard, servers: list[Server]) -> dict[str, Any]:
    own = [one for one in servers if one.shard_id == shard.pk]
    patroni = {one.name: one for one in own if one.kind == ServerKind.PATRONI}
    members = [
        _entry(one, postgres=_at(one), patroni=patroni[one.name].url)
        for one in own
        if one.kind == ServerKind.POSTGRES and one.name in patroni
    ]
    entry: dict[str, Any] = {"name": shard.name, "cluster": shard.cluster, "weight": shard.weight}
    entry |= {
        "database": shard.database,
        "address": shard.address,
        "credentials": _own_credentials(shard, list(patroni.values())),
        "members": members,
    }
    entry |= {"pools": [_pool(one) for one in own if one.kind == ServerKind.PGBOUNCER]}
    return {key: value for key, value in entry.items() if value or key == "weight"}


def _own_credentials(shard: Shard, patroni: list[Server]) -> dict[str, str]:
    used = {"application": shard.application, "patroni": patroni[0].credential if patroni else None}
    return {purpose: one.name for purpose, one in used.items() if one and one.name != purpose}


def _pool(server: Server) -> dict[str, Any]:
    names = {key: server.options[key] for key in ("primary", "replica") if key in server.options}
    return _entry(server, address=_at(server), **names)


def _nats(server: Server) -> dict[str, Any]:
    return _entry(server, address=_at(server), **({"monitor": server.url} if server.url else {}))


def _redis(server: Server) -> dict[str, Any]:
    files = tls_of(server.options)
    if files is None:
        return _entry(server, address=_at(server))
    said: dict[str, Any] = {**options_of(files), "tls": True}
    return _entry(server, address=_at(server), **(said if files.check_names else said | {"check_names": False}))


def _entry(server: Server, **fields: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": server.name, **fields}
    if server.credential and server.credential.name != server.kind:
        entry["credential"] = server.credential.name
    options = {key: value for key, value in server.options.items() if key not in fields}
    return entry | ({"options": options} if options else {})


def _at(server: Server) -> str:
    return f"[{server.host}]:{server.port}" if ":" in server.host else f"{server.host}:{server.port}"
