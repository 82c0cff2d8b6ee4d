"""Hooks of the fleet, a receiver of webhooks, a mail server, and records that hooks want to hear of."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet, Person
from novaops.hooks import outbox, services, waking
from novaops.hooks.choices import Sort
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.services import Draft
from tests.conftest import MakePerson
from tests.hooks.receiver import Receiver, receiving

EVENTS = ("operation.started", "operation.done", "operation.failed")
MakeHook = Callable[..., Hook]


@pytest.fixture(autouse=True)
def _settings(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback may be reached, other processes are not told, and nothing is remembered of the test before."""
    settings.HOOKS_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.PUBLIC_URL = "https://console.example"
    monkeypatch.setattr(outbox, "_wanted", {})
    monkeypatch.setitem(waking._let_be, "until", float("inf"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def admin(person: MakePerson) -> Person:
    return person("admin")


@pytest.fixture
def make_hook(in_fleet: Fleet, receiver: Receiver, admin: Person) -> MakeHook:
    """`make_hook(name="pager", events=(...), kinds=(...))`: a webhook to the receiver. `hook.told` is its secret."""

    def make(**draft: Any) -> Hook:
        values = {"name": "pager", "events": EVENTS, "url": receiver.url, **draft}
        hook, secret = services.make(Sort.WEBHOOK, Draft(**values), admin)
        hook.told = secret  # type: ignore[attr-defined]
        return hook

    return make


@pytest.fixture
def hook(make_hook: MakeHook) -> Hook:
    return make_hook()


def happened(verb: str = "operation done", number: int = 7, **data: Any) -> Record:
    """A record about an operation, as the act road writes it."""
    said = {"kind": "switchover", "risk": "high", "targets": ["shard:shard-1"], "reason": "To see.", **data}
    return record(verb, f"operation:{number}", actor=Actor.automatic("test"), outcome="So it went.", data=said)


def make_due(hook: Hook) -> None:
    """As if the pauses had passed."""
    long_ago = timezone.now() - timedelta(hours=1)
    Hook.objects.filter(pk=hook.pk).update(rests_until=None)
    Delivery.objects.filter(hook=hook, status="pending").update(next_at=long_ago)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """One that nobody signed but itself, for 127.0.0.1 alone, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(names, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file = tmp_path / "receiver.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + made.sign(key, hashes.SHA256()).public_bytes(pem)
    )
    return file
