"""Making checkpoints: what is signed was read and verified just before, and follows what was signed last."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from novaops.audit import stored
from novaops.audit.actors import Actor
from novaops.audit.beginning import pruned_at
from novaops.audit.canonical import GENESIS, instant
from novaops.audit.chain import BEGINNING, Broken, Place, Walk
from novaops.audit.merkle import Span
from novaops.audit.models import Checkpoint, Record
from novaops.audit.services import record
from novaops.audit.signing import Key, configured, is_signed
from novaops.audit.statements import Line, Statement
from novaops.live import publish

ADD = "SELECT audit_add_checkpoint(%s, %s, %s, %s, %s)"
EVENT, ASKED = "checkpoints", "checkpoint asked for"
TRIES, PER_QUERY = 5, 200
KEY_CHANGED, KEY_SETTING = "checkpoint key changed", "setting:checkpoint-key"


class Unsound(Exception):
    """There is nothing that could be signed: the chain, or the last checkpoint, is not what was written."""


class Overtaken(Unsound):
    """Nothing is wrong with the log: others made checkpoints meanwhile, again and again."""


def last() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-number").first()


def make() -> Checkpoint | None:
    """A checkpoint over all records; None while there is no record. The last one when nothing came since.

    KeyProblem without a key, Unsound when the records since the last checkpoint are not whole: that is never signed.
    Reads those records alone. Any number of processes may do it at once."""
    key = configured()
    _tell_new_key(last(), key)
    for _ in range(TRIES):
        before = last()
        sequence, head, _ = stored.end()
        if sequence == 0 or (before and before.sequence == sequence):
            return before
        if _add(before, key, sequence, head):
            publish(EVENT)
            return last()
    raise Overtaken("Other processes made checkpoints faster than this one, again and again. Try again.")


def ask(actor: Actor) -> Checkpoint | None:
    """The same by somebody's wish, which is recorded, and under the checkpoint that follows it."""
    configured()
    record(ASKED, "change-log", actor=actor)
    return make()


def uncovered() -> int:
    """How many records no checkpoint covers."""
    before = last()
    return stored.end()[0] - (before.sequence if before else 0)


def keys() -> list[str]:
    """The public keys that signed, the newest first."""
    signed = Checkpoint.objects.values("key").annotate(newest=Max("number")).order_by("-newest")
    return [one["key"] for one in signed]


def is_due(now: datetime) -> bool:
    """There are records without a checkpoint, and they are many or the oldest of them is old."""
    before = last()
    covered = before.sequence if before else 0
    oldest = Record.objects.filter(sequence__gt=covered).order_by("sequence").values_list("at", flat=True).first()
    if oldest is None:
        return False
    many = stored.end()[0] - covered >= settings.CHECKPOINT_RECORDS
    return many or now - oldest >= timedelta(minutes=settings.CHECKPOINT_MINUTES)


def lines(after: int = 0) -> Iterator[Line]:
    """All of them behind number `after`, as they are written down outside."""
    before = Checkpoint.objects.filter(number=after).first()
    frontier = before.frontier if before else []
    while several := list(Checkpoint.objects.filter(number__gt=after).order_by("number")[:PER_QUERY]):
        for checkpoint in several:
            yield checkpoint.line(frontier)
            frontier, after = checkpoint.frontier, checkpoint.number


def place_of(checkpoint: Checkpoint | None) -> Place:
    """Where the chain stood then. Unsound when the row does not fit its signature."""
    if checkpoint is None:
        return BEGINNING
    try:
        said = checkpoint.statement
    except ValueError as error:
        raise Unsound(f"Checkpoint {checkpoint.number} is no longer one.") from error
    if not is_signed(checkpoint.body.encode(), checkpoint.signature, said.key):
        raise Unsound(f"Checkpoint {checkpoint.number} does not carry the signature of the key that it names.")
    if Span(0, said.sequence, checkpoint.frontier).root != said.root:
        raise Unsound(f"The tree of checkpoint {checkpoint.number} is not the one that was signed.")
    return Place(said.sequence, said.head, tuple(checkpoint.frontier))


def _add(before: Checkpoint | None, key: Key, sequence: int, head: str) -> bool:
    """False when somebody else was faster."""
    start = place_of(before)
    if sequence < start.sequence:
        raise Unsound(f"The end is missing: the last checkpoint covers {start.sequence} records, {sequence} are left.")
    walk = Walk(start, sequence)
    try:
        while walk.sequence < sequence:
            list(walk.on([]))
    except Broken as broken:
        raise Unsound(str(broken)) from broken
    if walk.head != head:
        raise Unsound(f"The end does not fit: record {sequence} is not the one that was written last.")
    statement = _statement(before, key, walk)
    new = key.introduction and before and before.key != key.public
    parts = (json.dumps(walk.tree.parts), json.dumps(walk.grown.parts))
    return _stored(statement, key.sign(statement.text), *parts, json.dumps(key.introduction) if new else None)


def _statement(before: Checkpoint | None, key: Key, walk: Walk) -> Statement:
    entry = Record.objects.get(sequence=walk.sequence)
    return Statement(
        fleet=connection.tenant.slug,  # type: ignore[attr-defined]
        chain=before.statement.chain if before else Record.objects.get(sequence=1).hash,
        number=before.number + 1 if before else 1,
        sequence=walk.sequence,
        head=walk.head,
        root=walk.tree.root,
        recorded_at=instant(entry.at),
        made_at=instant(timezone.now()),
        key=key.public,
        previous=before.digest if before else GENESIS,
        pruned=pruned_at(walk.sequence),
    )


def _stored(statement: Statement, signature: str, frontier: str, added: str, introduction: str | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ADD, (statement.text.decode(), signature, frontier, added, introduction))
        return bool(cursor.fetchone()[0])


def _tell_new_key(before: Checkpoint | None, key: Key) -> None:
    """A key that signs for the first time is a changed setting; the record is under its first checkpoint."""
    known = Record.objects.filter(subject=KEY_SETTING).order_by("-sequence").first()
    if (known.data.get("after") if known else "") == key.public:
        return
    old = before.key if before else ""
    how = "introduced by the key before it" if key.introduction else "introduced by no other key"
    outcome = f"Checkpoints are signed by {key.public[:16]} from now on, {how}."
    data = {"before": old, "after": key.public}
    record(KEY_CHANGED, KEY_SETTING, actor=Actor.automatic("checkpoints"), outcome=outcome, data=data)
