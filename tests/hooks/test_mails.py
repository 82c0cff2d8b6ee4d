"""E-mail against a real mail server: what it says, whom it reaches, what it never lets in."""

import asyncio
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from novaops.fleets.models import Fleet, Person
from novaops.hooks import mails, services
from novaops.hooks.choices import Sort
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.problems import HookProblem
from novaops.hooks.services import Draft
from novaops.operations.models import Operation
from tests.hooks.conftest import EVENTS, happened, make_due

TO = ("ann@example.org", "bob@example.org")


class Postbox:
    """Keeps what it is handed; `refuses` holds addresses that it does not take, `says` what it answers to a message."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refuses: set[str] = set()
        self.says = "250 Taken"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refuses:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.says.startswith("250"):
            self.envelopes.append(envelope)
        return self.says

    def message(self) -> EmailMessage:
        content = self.envelopes[-1].content
        assert isinstance(content, bytes)
        found = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found


class AnyPort(Controller):
    """Takes the port that is free, and only then asks whether it is there."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    found = Postbox()
    controller = AnyPort(found, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.DEFAULT_FROM_EMAIL, settings.EMAIL_CONFIGURED = "NovaOps <novaops@example.org>", True
    yield found
    controller.stop()


@pytest.fixture
def mail(in_fleet: Fleet, postbox: Postbox, admin: Person) -> Hook:
    return services.make(Sort.EMAIL, Draft(name="on-call", events=EVENTS, mail_to=TO), admin)[0]


def text(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_it_says_what_happened_to_what(mail: Hook, postbox: Postbox) -> None:
    operation = Operation.objects.create(
        kind="switchover",
        title="Switch shard-1 <over>",
        risk="high",
        reason="Kernel & co.",
        requested_by_name="ada",
        plan_json={"summary": "x", "blast": {"summary": "y"}},
    )
    entry = happened("operation failed", operation.pk)
    deliver(mail.pk)
    message = postbox.message()
    assert message["Subject"] == f"[Alpha fleet] operation {operation.pk} failed: Switch shard-1 <over>"
    assert message["To"] == "ann@example.org, bob@example.org" and postbox.envelopes[0].rcpt_tos == list(TO)
    assert message["From"] == "NovaOps <novaops@example.org>" and message["Auto-Submitted"] == "auto-generated"
    plain, html = text(message, "plain"), text(message, "html")
    assert "Kernel & co." in plain and "Switch shard-1 <over>" in plain and entry.hash in plain
    assert "Switch shard-1 &lt;over&gt;" in html and "Kernel &amp; co." in html
    assert f"https://console.example/fleets/alpha/operations/{operation.pk}/" in plain and "So it went." in html


def test_messages_of_one_operation_are_one_thread(mail: Hook, postbox: Postbox) -> None:
    operation = Operation.objects.create(kind="x", title="x", plan_json={"summary": "x", "blast": {"summary": "y"}})
    for verb in ("operation started", "operation done"):
        happened(verb, operation.pk)
    deliver(mail.pk)
    messages = [email.message_from_bytes(one.content) for one in postbox.envelopes if isinstance(one.content, bytes)]
    assert messages[0]["References"] == messages[1]["References"] == f"<operation-{operation.pk}.alpha@example.org>"
    assert {one["Message-ID"] for one in messages} == {
        f"<{one.message_id}@example.org>" for one in Delivery.objects.all()
    }


def test_nothing_gets_into_the_headers(mail: Hook, postbox: Postbox) -> None:
    title = "Flush\r\nBcc: eve@example.org\r\n\r\nHello"
    operation = Operation.objects.create(kind="x", title=title, plan_json={"summary": "x", "blast": {"summary": "y"}})
    happened(number=operation.pk)
    deliver(mail.pk)
    assert "Flush Bcc: eve@example.org Hello" in postbox.message()["Subject"] and postbox.message()["Bcc"] is None
    assert postbox.envelopes[0].rcpt_tos == list(TO)


def test_who_was_refused_is_named(mail: Hook, postbox: Postbox) -> None:
    postbox.refuses = {"bob@example.org"}
    happened()
    deliver(mail.pk)
    found = Delivery.objects.get()
    assert found.status == "delivered" and "bob@example.org: 550 No such user" in found.last_error


def test_when_all_are_refused_it_is_tried_again(mail: Hook, postbox: Postbox) -> None:
    postbox.refuses = set(TO)
    happened()
    deliver(mail.pk)
    found = Delivery.objects.get()
    assert found.status == "pending" and "every recipient was refused" in found.last_error
    postbox.refuses = set()
    make_due(mail)
    deliver(mail.pk)
    assert Delivery.objects.get().status == "delivered" and len(postbox.envelopes) == 1


def test_what_the_server_says_is_shown(mail: Hook, postbox: Postbox) -> None:
    postbox.says = "452 The disk is full"
    happened()
    deliver(mail.pk)
    assert Delivery.objects.get().last_error == "The mail server did not take it: 452 The disk is full."


def test_a_server_that_is_not_there(mail: Hook, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    happened()
    deliver(mail.pk)
    assert Delivery.objects.get().last_error == "The mail server did not take it: Connection refused."


def test_without_a_mail_server_none_can_be_made(in_fleet: Fleet, admin: Person, settings: Any) -> None:
    settings.EMAIL_CONFIGURED = False
    with pytest.raises(HookProblem, match="No mail server is configured"):
        services.make(Sort.EMAIL, Draft(name="x", events=EVENTS, mail_to=TO), admin)
    assert not mails.configured()
