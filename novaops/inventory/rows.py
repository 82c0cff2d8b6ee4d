"""A fleet file as rows: each server of it, with its address taken apart. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from novaops.inventory.addresses import Address, address_of_url, parse_address
from novaops.inventory.fleet_file import Addressed, FleetFile, Redis, Shard
from novaops.inventory.models import ServerKind
from novaops.inventory.tls import TlsFiles, options_of


@dataclass(frozen=True, slots=True)
class Row:
    """One server; `shard` and `credential` are names, empty for none."""

    kind: ServerKind
    name: str
    host: str
    port: int
    url: str = ""
    shard: str = ""
    credential: str = ""
    options: dict[str, str] = field(default_factory=dict)


def rows(file: FleetFile) -> tuple[Row, ...]:
    """Every server of the file, each with the credential that it uses."""
    return (*(row for shard in file.shards for row in _of_shard(file, shard)), *_beside_shards(file))


def leader_addresses(file: FleetFile) -> tuple[Row, ...]:
    """The addresses that follow the leaders: nobody's own, but asked like any other."""
    entries = [shard for shard in file.shards if shard.address]
    return tuple(
        _row(ServerKind.POSTGRES, f"{shard.name} (leader)", parse_address(shard.address), "", shard, "")
        for shard in entries
    )


def credential_name(file: FleetFile, kind: str, shard: Shard | None = None, own: str = "") -> str:
    """The server's own, else its shard's for that purpose, else the one named as the kind; empty when there is none."""
    of_shard = shard.credentials.get(kind, "") if shard else ""
    return own or of_shard or (kind if kind in file.credentials else "")


def _of_shard(file: FleetFile, shard: Shard) -> Iterator[Row]:
    for member in shard.members:
        credential = credential_name(file, "postgres", shard, member.credential)
        yield _row(
            ServerKind.POSTGRES, member.name, parse_address(member.postgres), "", shard, credential, member.options
        )
        credential = credential_name(file, "patroni", shard)
        yield _row(ServerKind.PATRONI, member.name, address_of_url(member.patroni), member.patroni, shard, credential)
    for pool in shard.pools:
        credential = credential_name(file, "pgbouncer", shard, pool.credential)
        options = {**pool.options, "primary": pool.primary, "replica": pool.replica}
        yield _row(ServerKind.PGBOUNCER, pool.name, parse_address(pool.address), "", shard, credential, options)


def _beside_shards(file: FleetFile) -> Iterator[Row]:
    for etcd in file.etcd:
        credential = credential_name(file, "etcd", own=etcd.credential)
        yield _row(ServerKind.ETCD, etcd.name, address_of_url(etcd.url), etcd.url, None, credential, etcd.options)
    for kind, entries in ((ServerKind.REDIS, file.redis), (ServerKind.MEMCACHED, file.memcached)):
        for entry in entries:
            credential = credential_name(file, kind.value, own=entry.credential)
            options = {**entry.options, **_tls(entry)}
            yield _row(kind, entry.name, parse_address(entry.address), "", None, credential, options)
    for nats in file.nats:
        credential = credential_name(file, "nats", own=nats.credential)
        address = parse_address(nats.address)
        yield _row(ServerKind.NATS, nats.name, address, nats.monitor or "", None, credential, nats.options)


def tls_files(entry: Redis) -> TlsFiles | None:
    """None where no TLS is spoken."""
    return TlsFiles(entry.ca_file, entry.cert_file, entry.key_file, entry.check_names) if entry.tls else None


def _tls(entry: Addressed) -> dict[str, str]:
    files = tls_files(entry) if isinstance(entry, Redis) else None
    return options_of(files) if files else {}


def _row(
    kind: ServerKind,
    name: str,
    address: Address,
    url: str,
    shard: Shard | None,
    credential: str,
    options: dict[str, str | int | bool] | dict[str, str] | None = None,
) -> Row:
    as_text = {
        key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in (options or {}).items()
    }
    return Row(kind, name, address.host, address.port, url, shard.name if shard else "", credential, as_text)
