"""Writing to the change log. Everything that changes something, or refuses to, calls `record`."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from novaops.audit.actors import Actor, ActorKind
from novaops.audit.canonical import canonical
from novaops.audit.cleaning import SecretRefused, cleaned, text
from novaops.audit.models import Record
from novaops.audit.signals import awaited, recorded

__all__ = ["Actor", "ActorKind", "SecretRefused", "record"]

APPEND = "SELECT sequence, at, previous_hash, hash FROM audit_append(%s, %s, %s, %s, %s, %s, %s)"
APPEND_ALONE = "CALL audit_append_alone(%s, %s, %s, %s, %s, %s, %s, NULL, NULL, NULL, NULL)"
FLUSH = "SELECT pg_logical_emit_message(true, 'novaops change log', '')"


def record(
    verb: str, subject: str, *, actor: Actor, outcome: str = "", data: Mapping[str, Any] | None = None
) -> Record:
    """Appends one record to the change log of the fleet whose schema the connection is on.

    Part of the caller's transaction, if there is one: what is rolled back was not done. Other writers of this fleet
    wait until that transaction ends, so keep it short. Raises SecretRefused for keys of `data` that name a secret.
    """
    _inside_a_fleet()
    through = {"through": actor.through} if actor.through else {}
    entry = Record(
        actor_kind=actor.kind.value,
        actor=text(actor.name)[:150],
        person_id=actor.person_id,
        verb=verb,
        subject=text(subject)[:200],
        outcome=text(outcome),
        data=cleaned({**(data or {}), **through}),
    )
    if _alone(entry):
        _append_alone(entry)
        return entry
    # Without a savepoint: a change that could not be recorded must not be committed either.
    with transaction.atomic(savepoint=False):
        _append(entry)
        recorded.send(sender=Record, record=entry)
    return entry


def _alone(entry: Record) -> bool:
    """Whether it is a transaction of its own in which nobody else wants to write."""
    if connection.in_atomic_block or not connection.get_autocommit():
        return False
    return not any(wants for _, wants in awaited.send(sender=Record, record=entry))


def _append_alone(entry: Record) -> None:
    """Writes it, and waits for the disk, in one call."""
    _write(entry, APPEND_ALONE)


def _append(entry: Record) -> None:
    """Writes it as a part of the transaction; whoever ends that waits for the disk."""
    _write(entry, APPEND)
    if all(waiting[1] is not _wait_for_disk for waiting in connection.run_on_commit):
        transaction.on_commit(_wait_for_disk)


def _write(entry: Record, call: str) -> None:
    """Fills in what the database decided."""
    said = (entry.actor, entry.actor_kind, entry.person_id, entry.verb, entry.subject, entry.outcome)
    with connection.cursor() as cursor:
        cursor.execute(call, (*said, canonical(entry.data).decode()))
        entry.sequence, entry.at, entry.previous_hash, entry.hash = cursor.fetchone()
    entry._state.adding, entry._state.db = False, connection.alias


def _wait_for_disk() -> None:
    """The transaction of an append gives the chain free before it is on disk; its writer goes on only when it is.

    This second, tiny transaction is flushed in the usual way, and with it all that was committed before it."""
    with connection.cursor() as cursor:
        cursor.execute(FLUSH)


def _inside_a_fleet() -> None:
    if connection.schema_name == "public":  # type: ignore[attr-defined]
        raise RuntimeError("The change log belongs to a fleet: enter the fleet's schema before you record.")
