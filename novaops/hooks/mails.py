"""One attempt at an e-mail: plain text and simple HTML, threaded by operation, with an id that stays the same."""

import smtplib
from collections.abc import Callable, Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.template.loader import render_to_string

from novaops.hooks.answers import Answer
from novaops.hooks.deadlines import deadline
from novaops.hooks.events import event_named

TOTAL_SECONDS = 20.0


def configured() -> bool:
    """Whether the installation says through which server mail is sent, and from whom."""
    return bool(settings.EMAIL_CONFIGURED)


def send(message_id: str, payload: dict[str, Any], recipients: Sequence[str], hold: Callable[[], None]) -> Answer:
    """Never raises but what `hold` raises, which is asked right before the server is connected to."""
    if not configured():
        return Answer(False, "No mail server is configured: NOVAOPS_EMAIL_URL and NOVAOPS_EMAIL_FROM.")
    message = message_of(message_id, payload, recipients)
    server = EmailBackend()
    hold()
    with deadline(TOTAL_SECONDS, lambda: getattr(server.connection, "sock", None)) as limit:
        try:
            answer = _handed_over(server, message, recipients)
        except (OSError, smtplib.SMTPException) as problem:
            answer = Answer(False, f"The mail server did not take it: {_words(problem)}.")
        finally:
            _close(server)
    if limit.over and not answer.delivered:
        return Answer(False, f"The mail server did not take it within {TOTAL_SECONDS:.0f} s.")
    return answer


def message_of(message_id: str, payload: dict[str, Any], recipients: Sequence[str]) -> EmailMultiAlternatives:
    event, data = event_named(payload["type"]), payload["data"]
    context = {"event": event, **data, "subject": _subject(event.label, data)}
    message = EmailMultiAlternatives(
        subject=context["subject"],
        body=render_to_string("hooks/mail.txt", context),
        to=list(recipients),
        headers=_headers(message_id, payload),
    )
    message.attach_alternative(render_to_string("hooks/mail.html", context), "text/html")
    return message


def _handed_over(server: EmailBackend, message: EmailMultiAlternatives, recipients: Sequence[str]) -> Answer:
    """Delivered when the server took it for at least one; a remark names those whom it refused."""
    server.open()
    if server.connection is None:
        return Answer(False, "The mail server was not reached.")
    sender = parseaddr(message.from_email)[1]
    raw = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    refused = server.connection.sendmail(sender, list(recipients), raw)
    return Answer(True, f"Refused for some: {_each(refused)}" if refused else "")


def _subject(label: str, data: dict[str, Any]) -> str:
    """One line: fleet, operation, state."""
    operation = data.get("operation")
    what = f"operation {operation['number']} {label}: {operation['title']}" if operation else _told(label, data)
    return " ".join(f"[{data['fleet']['name']}] {what}".split())[:200]


def _told(label: str, data: dict[str, Any]) -> str:
    return f"{label}: {data['record']['outcome'] or data['record']['subject']}"


def _headers(message_id: str, payload: dict[str, Any]) -> dict[str, str]:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "novaops.invalid"
    found = {
        "Message-ID": f"<{message_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-NovaOps-Event": payload["type"],
        "X-NovaOps-Fleet": payload["data"]["fleet"]["slug"],
    }
    operation = payload["data"].get("operation")
    if operation:
        thread = f"<operation-{operation['number']}.{payload['data']['fleet']['slug']}@{domain}>"
        found |= {"References": thread, "In-Reply-To": thread}
    return found


def _close(server: EmailBackend) -> None:
    if server.connection is not None:
        server.connection.close()


def _words(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return f"every recipient was refused ({_each(problem.recipients)})"
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_text(problem.smtp_error)}".rstrip(".")
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    return str(getattr(problem, "strerror", None) or problem or type(problem).__name__)[:200].rstrip(".")


def _each(refused: Mapping[str, tuple[int, bytes | str]]) -> str:
    return "; ".join(f"{address}: {code} {_text(said)}" for address, (code, said) in sorted(refused.items()))


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
