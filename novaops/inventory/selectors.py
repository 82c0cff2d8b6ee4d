"""The servers of the fleet whose schema the connection is on, as targets with opened secrets."""

from collections.abc import Mapping
from dataclasses import replace

from novaops.inventory.addresses import parse_address
from novaops.inventory.models import Credential, Server, ServerKind, Shard
from novaops.inventory.problems import InventoryProblem
from novaops.inventory.secrets import open_
from novaops.inventory.targets import Login, Target


def targets(kind: str | None = None) -> tuple[Target, ...]:
    """Every present server (of one kind), by kind and name."""
    servers = Server.objects.filter(present=True).select_related("shard").order_by("kind", "name")
    logins = _logins()
    return tuple(_target(server, logins) for server in (servers.filter(kind=kind) if kind else servers))


def target(kind: str, name: str) -> Target:
    """One present server; InventoryProblem names those that there are."""
    server = Server.objects.filter(kind=kind, name=name, present=True).select_related("shard").first()
    if server is None:
        there = Server.objects.filter(kind=kind, present=True).order_by("name").values_list("name", flat=True)
        raise InventoryProblem(f"There is no {_kind_word(kind)} server {name!r}. There: {', '.join(there) or 'none'}.")
    return _target(server, _logins())


def targets_of(shard: str, kind: str) -> tuple[Target, ...]:
    """The present servers of one kind of one shard, by name."""
    return tuple(found for found in targets(kind) if found.shard == shard)


def pool_of(shard: str) -> Target:
    """The shard's pool, with the console's own login; its database names are options `primary` and `replica`."""
    found = targets_of(shard, ServerKind.PGBOUNCER)
    if not found:
        raise InventoryProblem(f"Shard {shard!r} has no pool in the fleet file.")
    return found[0]


def leader_address(shard: str) -> Target | None:
    """The shard's address that follows its leader by itself, as a server with the members' login; None without one."""
    found = Shard.objects.filter(name=shard, present=True).exclude(address="").first()
    member = next(iter(targets_of(shard, ServerKind.POSTGRES)), None)
    if found is None or member is None:
        return None
    at = parse_address(found.address)
    return replace(member, name=found.address, host=at.host, port=at.port)


def application_login(shard: str) -> Login:
    """What applications sign in with through the pools of a shard; subject to row-level security."""
    found = Shard.objects.filter(name=shard, present=True).select_related("application").first()
    if found is None or found.application is None:
        raise InventoryProblem(f"Shard {shard!r} has no credential “application” in the fleet file.")
    return _login(found.application)


def shards() -> tuple[Shard, ...]:
    """The present shards, by name."""
    return tuple(Shard.objects.filter(present=True).order_by("name"))


def _logins() -> Mapping[int, Login]:
    """Each credential is opened once, however many servers share it."""
    return {credential.pk: _login(credential) for credential in Credential.objects.all()}


def _login(credential: Credential) -> Login:
    return Login(credential.username, open_(credential.password_encrypted))


def _target(server: Server, logins: Mapping[int, Login]) -> Target:
    shard = server.shard
    return Target(
        server_id=server.pk,
        kind=server.kind,
        name=server.name,
        host=server.host,
        port=server.port,
        url=server.url,
        shard=shard.name if shard else "",
        cluster=shard.cluster if shard else "",
        database=shard.database if shard else "",
        login=logins.get(server.credential_id or 0, Login()),
        options=dict(server.options),
        out=server.out,
    )


def _kind_word(kind: str) -> str:
    return ServerKind(kind).label if kind in ServerKind.values else kind
