"""Registering what a fleet file says: everything or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.db import models, transaction
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet, Person
from novaops.fleets.services import create_fleet
from novaops.inventory.fleet_file import FleetFile
from novaops.inventory.models import Credential, Server, Shard
from novaops.inventory.pictures import Picture, differing, picture
from novaops.inventory.reading import password_of
from novaops.inventory.rows import Row, credential_name, rows
from novaops.inventory.secrets import open_, reseal, seal
from novaops.inventory.signals import fleet_imported, passwords_resealed, resealing


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; servers are written as kind and name ("postgres shard-1-a"). `before` and `after` are the
    parts of the fleet that differ."""

    fleet: str
    made: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    before: Picture = field(default_factory=dict)
    after: Picture = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        parts = [(self.added, "added"), (self.changed, "changed"), (self.gone, "no longer named")]
        counts = ", ".join(f"{len(names)} {word}" for names, word in parts if names)
        return f"Fleet {self.fleet} is {'made' if self.made else 'registered'}: {counts or 'nothing changed'}."


def import_fleet(file: FleetFile, folder: Path, by: Person | None = None) -> tuple[Fleet, Imported]:
    """Makes the fleet when it is new, then writes the file's content. Servers that it no longer names stay, absent."""
    passwords = {name: password_of(name, entry, folder) for name, entry in file.credentials.items()}
    fleet, made = create_fleet(file.fleet, file.name)
    with transaction.atomic():
        Fleet.objects.select_for_update().get(pk=fleet.pk)
        if fleet.name != file.name:
            fleet.name = file.name
            fleet.save(update_fields=["name"])
        with tenant_context(fleet):
            imported = _write(file, passwords, made)
            fleet_imported.send(sender=Fleet, fleet=fleet, imported=imported, by=by)
    return fleet, imported


def take_out(kind: str, name: str, out: bool) -> bool:
    """Says whether applications may use a server; an import leaves that as it is. Whether it was another way before."""
    return bool(Server.objects.filter(kind=kind, name=name, present=True, out=not out).update(out=out))


def reseal_passwords() -> int:
    """Brings every password and secret of the current fleet under the newest key; how many there are."""
    with transaction.atomic():
        sealed = [one for one in Credential.objects.select_for_update() if one.password_encrypted]
        for credential in sealed:
            credential.password_encrypted = reseal(credential.password_encrypted)
            credential.save(update_fields=["password_encrypted"])
        others = sum(int(count or 0) for _, count in resealing.send(sender=Credential))
        passwords_resealed.send(sender=Credential, count=len(sealed) + others)
    return len(sealed) + others


def _write(file: FleetFile, passwords: Mapping[str, str], made: bool) -> Imported:
    before = picture()
    credentials = _write_credentials(file, passwords)
    shards = _write_shards(file, credentials)
    wanted = rows(file)
    added, changed = _write_servers(wanted, shards, credentials)
    gone = _retire(wanted, shards, credentials)
    return Imported(file.fleet, made, added, changed, gone, *differing(before, picture()))


def _write_credentials(file: FleetFile, passwords: Mapping[str, str]) -> dict[str, Credential]:
    stored = {one.name: one for one in Credential.objects.all()}
    for name, entry in file.credentials.items():
        credential = stored.setdefault(name, Credential(name=name))
        credential.username = entry.username
        if credential.pk is None or open_(credential.password_encrypted) != passwords[name]:
            credential.password_encrypted = seal(passwords[name])
        credential.save()
    return {name: stored[name] for name in file.credentials}


def _write_shards(file: FleetFile, credentials: Mapping[str, Credential]) -> dict[str, Shard]:
    """A shard's state is the operators' to change and stays as it is."""
    found = {}
    for entry in file.shards:
        values = {
            "cluster": entry.cluster,
            "database": entry.database,
            "address": entry.address,
            "weight": entry.weight,
            "application": credentials.get(credential_name(file, "application", entry)),
            "present": True,
        }
        found[entry.name] = Shard.objects.update_or_create(name=entry.name, defaults=values)[0]
    return found


def _write_servers(
    wanted: Iterable[Row], shards: Mapping[str, Shard], credentials: Mapping[str, Credential]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    stored = {(server.kind, server.name): server for server in Server.objects.all()}
    added: list[str] = []
    changed: list[str] = []
    for row in wanted:
        server = stored.get((row.kind, row.name)) or Server(kind=row.kind, name=row.name)
        is_new, before = server.pk is None, _state(server)
        server.host, server.port, server.url, server.options = row.host, row.port, row.url, row.options
        server.shard, server.credential, server.present = shards.get(row.shard), credentials.get(row.credential), True
        if is_new or _state(server) != before:
            server.save()
            (added if is_new else changed).append(f"{row.kind.value} {row.name}")
    return tuple(added), tuple(changed)


def _state(server: Server) -> tuple[object, ...]:
    return (
        server.host, server.port, server.url, server.options, server.shard_id, server.credential_id, server.present,
    )  # fmt: skip


def _retire(
    wanted: Iterable[Row], shards: Mapping[str, Shard], credentials: Mapping[str, Credential]
) -> tuple[str, ...]:
    """What is no longer named is kept for its history, without a password."""
    named = {(row.kind.value, row.name) for row in wanted}
    unnamed = [server for server in Server.objects.all() if (server.kind, server.name) not in named]
    gone = tuple(f"{server.kind} {server.name}" for server in unnamed if server.present)
    Server.objects.filter(pk__in=[server.pk for server in unnamed]).update(present=False, credential=None)
    Shard.objects.exclude(name__in=shards).update(present=False, application=None)
    _unused(credentials).delete()
    return gone


def _unused(credentials: Mapping[str, Credential]) -> models.QuerySet[Credential]:
    return Credential.objects.exclude(name__in=credentials)
