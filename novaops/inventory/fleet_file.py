"""The fleet file: a person's description of a fleet in YAML, and the only form in which a fleet is registered."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from novaops.inventory.addresses import HostPort, HttpUrl


def _shaped(pattern: str, rule: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not allowed: {rule}")
        return text

    return AfterValidator(check)


Name = Annotated[
    str,
    _shaped(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", "letters, digits, dots, dashes and underscores, at most 60"),
]
Slug = Annotated[
    str, _shaped(r"[a-z][a-z0-9-]{0,39}", "lower-case letters, digits and dashes, at most 40, a letter first")
]
Options = dict[str, str | int | bool]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Secret(_Entry):
    """A password that stands elsewhere: exactly one of an environment variable and a file."""

    env: str = ""
    file: str = ""

    @model_validator(mode="after")
    def _exactly_one(self) -> "Secret":
        if bool(self.env) == bool(self.file):
            raise ValueError("a password is text, {env: VARIABLE} or {file: PATH}")
        return self


class CredentialEntry(_Entry):
    username: str = ""
    password: str | Secret = Field(default="", repr=False)


class _ServerEntry(_Entry):
    """`credential` names another one than usual; `options` go to the client as they are (such as sslmode)."""

    name: Name
    credential: str = ""
    options: Options = {}


class Member(_ServerEntry):
    postgres: HostPort
    patroni: HttpUrl


class Pool(_ServerEntry):
    """A PgBouncer with the names of its databases that lead to the leader and to a replica."""

    address: HostPort
    primary: str = "primary"
    replica: str = "replica"


class Shard(_Entry):
    """`address` follows the leader by itself: a virtual address, a name, a proxy."""

    name: Name
    cluster: Name
    weight: int = Field(default=100, ge=0, le=10_000)
    database: Name
    credentials: dict[str, str] = {}
    address: HostPort | Literal[""] = ""
    members: tuple[Member, ...] = Field(min_length=1)
    pools: tuple[Pool, ...] = ()


class Addressed(_ServerEntry):
    address: HostPort


class Redis(Addressed):
    """Files of TLS are paths on each host that runs the console, relative to the fleet file at import."""

    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    check_names: bool = True

    @model_validator(mode="after")
    def _whole(self) -> "Redis":
        if not self.tls and (self.ca_file or self.cert_file or self.key_file or not self.check_names):
            raise ValueError("ca_file, cert_file, key_file and check_names are for TLS: add tls: true")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file is the key of a cert_file, which is missing")
        return self


class Nats(Addressed):
    monitor: HttpUrl | None = None


class Etcd(_ServerEntry):
    url: HttpUrl


class FleetFile(_Entry):
    """Everything that a fleet consists of."""

    fleet: Slug
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    credentials: dict[Name, CredentialEntry] = {}
    etcd: tuple[Etcd, ...] = ()
    shards: tuple[Shard, ...] = ()
    redis: tuple[Redis, ...] = ()
    memcached: tuple[Addressed, ...] = ()
    nats: tuple[Nats, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "FleetFile":
        problems = [*_repeated(self), *_unknown_credentials(self)]
        if problems:
            raise ValueError("\n".join(problems))
        return self


def _named(file: FleetFile) -> Iterator[tuple[str, str, str]]:
    """(what, where, name) of everything whose name must be its own."""
    yield from (("shards", f"shards[{i}]", shard.name) for i, shard in enumerate(file.shards))
    for i, shard in enumerate(file.shards):
        yield from (("members", f"shards[{i}].members[{j}]", one.name) for j, one in enumerate(shard.members))
        yield from (("pools", f"shards[{i}].pools[{j}]", one.name) for j, one in enumerate(shard.pools))
    for kind in ("etcd", "redis", "memcached", "nats"):
        yield from ((kind, f"{kind}[{i}]", one.name) for i, one in enumerate(getattr(file, kind)))


def _repeated(file: FleetFile) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for what, where, name in _named(file):
        first = seen.setdefault((what, name), where)
        if first != where:
            yield f"{where}.name: {name!r} is already the name of {first}"


def _unknown_credentials(file: FleetFile) -> Iterator[str]:
    known = ", ".join(sorted(file.credentials)) or "none"
    for where, name in _used_credentials(file):
        if name and name not in file.credentials:
            yield f"{where}: {name!r} is not under credentials (there: {known})"
    for i, shard in enumerate(file.shards):
        for purpose in set(shard.credentials) - {"postgres", "patroni", "pgbouncer", "application"}:
            yield f"shards[{i}].credentials: {purpose!r} is none of postgres, patroni, pgbouncer, application"


def _used_credentials(file: FleetFile) -> Iterator[tuple[str, str]]:
    def of(where: str, entries: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
        yield from ((f"{where}[{i}].credential", one.credential) for i, one in enumerate(entries))

    for i, shard in enumerate(file.shards):
        yield from ((f"shards[{i}].credentials.{k}", name) for k, name in shard.credentials.items())
        yield from of(f"shards[{i}].members", shard.members)
        yield from of(f"shards[{i}].pools", shard.pools)
    for kind in ("etcd", "redis", "memcached", "nats"):
        yield from of(kind, getattr(file, kind))
