"""E-mail over STARTTLS and TLS against a real mail server: no message and no password goes over in the clear."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from novaops.fleets.models import Fleet, Person
from novaops.hooks import services
from novaops.hooks.choices import Sort
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.services import Draft
from tests.hooks.conftest import EVENTS, happened
from tests.hooks.test_mails import AnyPort, Postbox


class SecurePostbox(Postbox):
    """Remembers what it was told, and whether that was said under TLS."""

    def __init__(self) -> None:
        super().__init__()
        self.secure: list[bool] = []
        self.logins: list[tuple[bytes, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.secure.append(session.ssl is not None)
        return await super().handle_DATA(server, session, envelope)

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, said: Any) -> AuthResult:
        self.logins.append((said.password, session.ssl is not None))
        return AuthResult(success=said.password == b"s3cret", handled=False)


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate)
    return found


@pytest.fixture
def postbox(context: ssl.SSLContext, settings: Any) -> Iterator[SecurePostbox]:
    """A server that takes messages and logins after STARTTLS alone."""
    found = SecurePostbox()
    words: dict[str, Any] = {
        "tls_context": context,
        "require_starttls": True,
        "authenticator": found.login,
        "auth_required": True,
    }
    yield from _running(AnyPort(found, hostname="127.0.0.1", port=0, **words), found, settings)


def _running(controller: AnyPort, found: SecurePostbox, settings: Any) -> Iterator[SecurePostbox]:
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", controller.port, True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "novaops", "s3cret"
    settings.DEFAULT_FROM_EMAIL, settings.EMAIL_CONFIGURED = "NovaOps <novaops@example.org>", True
    yield found
    controller.stop()


@pytest.fixture
def mail(in_fleet: Fleet, settings: Any, admin: Person) -> Hook:
    settings.EMAIL_CONFIGURED = True
    return services.make(Sort.EMAIL, Draft(name="on-call", events=EVENTS, mail_to=("ann@example.org",)), admin)[0]


def delivered(mail: Hook) -> Delivery:
    happened()
    deliver(mail.pk)
    return Delivery.objects.get()


def test_message_and_login_go_over_after_starttls(
    mail: Hook, postbox: SecurePostbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert delivered(mail).status == "delivered"
    assert postbox.secure == [True] and postbox.logins == [(b"s3cret", True)]
    assert "done" in postbox.message()["Subject"]


def test_a_certificate_that_nobody_vouches_for(mail: Hook, postbox: SecurePostbox) -> None:
    found = delivered(mail)
    assert found.status == "pending" and "certificate verify failed" in found.last_error
    assert not postbox.envelopes and not postbox.logins


def test_a_wrong_password(
    mail: Hook, postbox: SecurePostbox, certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.EMAIL_HOST_PASSWORD = "wr0ng"
    found = delivered(mail)
    assert found.status == "pending" and "535" in found.last_error and "wr0ng" not in found.last_error


def test_a_server_without_starttls_gets_nothing(mail: Hook, settings: Any) -> None:
    """As somebody on the way could make it look."""
    found = SecurePostbox()
    for postbox in _running(AnyPort(found, hostname="127.0.0.1", port=0), found, settings):
        said = delivered(mail)
        assert said.status == "pending" and "STARTTLS" in said.last_error
        assert not postbox.envelopes and not postbox.logins


def test_tls_from_the_first_byte(
    mail: Hook, context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    found = SecurePostbox()
    words: dict[str, Any] = {"ssl_context": context, "authenticator": found.login, "auth_require_tls": False}
    for postbox in _running(AnyPort(found, hostname="127.0.0.1", port=0, **words), found, settings):
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = False, True
        assert delivered(mail).status == "delivered" and len(postbox.envelopes) == 1
