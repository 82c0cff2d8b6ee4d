"""Writing to the change log. Everything that changes something, or refuses to, calls `record`."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from novaops.audit.actors import Actor, ActorKind
from novaops.audit.canonical import canonical
from novaops.audit.cleaning import SecretRefused, cleaned, text
from novaops.audit.models import Record
from novaops.audit.signals import recorded

__all__ = ["Actor", "ActorKind", "SecretRefused", "record"]

APPEND = "SELECT * FROM audit_append(%s, %s, %s, %s, %s, %s, %s)"


def record(
    verb: str, subject: str, *, actor: Actor, outcome: str = "", data: Mapping[str, Any] | None = None
) -> Record:
    """Appends one record to the change log of the fleet whose schema the connection is on.

    Part of the caller's transaction, if there is one: what is rolled back was not done. Other writers of this fleet
    wait until that transaction ends, so keep it short. Raises SecretRefused for keys of `data` that name a secret.
    """
    _inside_a_fleet()
    details = canonical(cleaned(data or {})).decode()
    said = (text(actor.name)[:150], actor.kind, actor.person_id, verb, text(subject)[:200], text(outcome), details)
    # Without a savepoint: a change that could not be recorded must not be committed either.
    with transaction.atomic(savepoint=False):
        [entry] = Record.objects.raw(APPEND, said)
        recorded.send(sender=Record, record=entry)
    return entry


def _inside_a_fleet() -> None:
    if connection.schema_name == "public":  # type: ignore[attr-defined]
        raise RuntimeError("The change log belongs to a fleet: enter the fleet's schema before you record.")
