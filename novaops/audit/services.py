"""Writing to the change log. Everything that changes something, or refuses to, calls `record`."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from novaops.audit.actors import Actor, ActorKind
from novaops.audit.cleaning import SecretRefused, cleaned, text
from novaops.audit.models import Head, Record

__all__ = ["Actor", "ActorKind", "SecretRefused", "record"]


def record(
    verb: str, subject: str, *, actor: Actor, outcome: str = "", data: Mapping[str, Any] | None = None
) -> Record:
    """Appends one record to the change log of the fleet whose schema the connection is on.

    Part of the caller's transaction, if there is one: what is rolled back was not done. Other writers of this fleet
    wait until that transaction ends, so keep it short. Raises SecretRefused for keys of `data` that name a secret.
    """
    _inside_a_fleet()
    details = cleaned(data or {})
    with transaction.atomic():
        head = Head.objects.select_for_update().get()
        entry = Record(
            sequence=head.sequence + 1,
            at=timezone.now(),
            actor_kind=actor.kind,
            actor=text(actor.name)[:150],
            person_id=actor.person_id,
            verb=verb,
            subject=text(subject)[:200],
            outcome=text(outcome),
            data=details,
            previous_hash=head.hash,
        )
        entry.hash = entry.computed_hash()
        entry.save(force_insert=True)
        Head.objects.filter(pk=head.pk).update(sequence=entry.sequence, hash=entry.hash)
    return entry


def _inside_a_fleet() -> None:
    if connection.schema_name == "public":  # type: ignore[attr-defined]
        raise RuntimeError("The change log belongs to a fleet: enter the fleet's schema before you record.")
